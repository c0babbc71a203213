package command

import (
	"errors"
	"strings"
	"testing"
)

// What others met: CVE-2024-24576 (Rust 1.77.2, and the same in other languages), CVE-2024-43402 (names with dots behind).
func TestBatchFilesAreRecognised(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		`C:\npm.cmd`: true, `C:\x.BAT`: true, `x.bat.`: true, `x.cmd . .`: true, `x.Cmd `: true,
		`C:\npm.exe`: false, `C:\x.bat\y.exe`: false, `bat`: false, `x.bat.exe`: false, "": false,
	} {
		if got := isBatch(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

func TestArgumentsOfBatchFiles(t *testing.T) {
	t.Parallel()
	const shell, script = `C:\Windows\System32\cmd.exe`, `C:\Program Files\nodejs\npm.cmd`
	for _, c := range []struct {
		args []string
		want string // "" where it is refused
	}{
		{nil, ``},
		{[]string{"run", "build"}, ` "run" "build"`},
		{[]string{"", "two words", `C:\dir\`, `back\\`}, ` "" "two words" "C:\dir\\" "back\\\\"`},
		{[]string{"a&calc", "b|c", "<d>", "^e", "(f)", "!g!", "h;i,j=k"}, ` "a&calc" "b|c" "<d>" "^e" "(f)" "!g!" "h;i,j=k"`},
		{[]string{`x"&calc&"`}, "refused"},
		{[]string{`x""&calc`}, "refused"},
		{[]string{`%PATH%`}, "refused"},
		{[]string{`%CMDCMDLINE:~-1%&calc`}, "refused"},
		{[]string{"fine", "a\r\ncalc"}, "refused"},
		{[]string{"a\x00"}, "refused"},
	} {
		got, err := batchLine(shell, script, c.args)
		if c.want == "refused" {
			if !errors.Is(err, ErrBatch) || !strings.Contains(err.Error(), "argument") {
				t.Errorf("%q became %s, %v", c.args, got, err)
			}
			continue
		}
		if want := `"` + shell + `" /d /e:on /v:off /s /c ""` + script + `"` + c.want + `"`; err != nil || got != want {
			t.Errorf("%q became\n%s, want\n%s (%v)", c.args, got, want, err)
		}
	}
	if _, err := batchLine(shell, `C:\100%\x.cmd`, nil); err == nil {
		t.Error("a path with a percent sign")
	}
}

func FuzzBatchLine(f *testing.F) {
	f.Add(`x"&cmd&"`)
	f.Add(`\\`)
	f.Fuzz(func(t *testing.T, arg string) {
		line, err := batchLine("cmd.exe", `C:\x.cmd`, []string{arg})
		if err != nil {
			return
		}
		// Outside of quotes there is nothing but spaces: the words are whole, and none is a command.
		rest := strings.TrimSuffix(strings.TrimPrefix(line, `"cmd.exe" /d /e:on /v:off /s /c "`), `"`)
		for i, part := range strings.Split(rest, `"`) {
			if i%2 == 0 && strings.Trim(part, " ") != "" {
				t.Errorf("%q: %q stands outside of quotes in %s", arg, part, line)
			}
		}
	})
}
