package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

// Canaries: whatever a script is about, at its end none of the secrets that its servers gave out may stand in what any of its commands
// printed, but where a secret is the answer that was asked for; in a command line that a program of ours was started by; or in a file.

// handingOut is the beginning of commands of dbxaccess of which a secret is the answer, on stdout: exec is one, as what it starts prints what it
// was given, and console, which prints a link where no browser is to take it. Nothing is an answer on stderr or on a terminal.
var handingOut = regexp.MustCompile(`^(--debug )?(credential-process|(databricks-cli )?auth token|env|batch|console|exec)([\s)'"]|$)`)

// handedOut are texts that have one of these run without naming it: by lines of SDKs' settings, or in a shell's function.
var handedOut = regexp.MustCompile(`\^(credential_process|databricks_cli_path) = |\bdbx --keys\b`)

var (
	// ourCommand is the place where a command of dbxaccess begins.
	ourCommand = regexp.MustCompile(`\bdbxaccess(-admin)?(\.exe)?["')]*[ \t]+`)
	// wordOfLine may be the name of a file.
	wordOfLine = regexp.MustCompile(`[^ '"]+`)
	// silent is what is no command of those that print: the shell's function, as a shell takes it in, and comments.
	silent = regexp.MustCompile(`eval "\$\(dbxaccess shell-init [a-z]+\)"|(?m:^\s*#.*)`)
)

// handsOut reports whether a command of a script has a secret as its answer: if it runs one that hands secrets out, and no command of ours that
// does not. What is in files of the script, such as the text of a shell, counts like what is in the line.
func handsOut(command string, files map[string]string) bool {
	text := command
	for _, word := range wordOfLine.FindAllStringIndex(command, -1) {
		text += "\n" + strings.ReplaceAll(files[filepath.Base(command[word[0]:word[1]])], `"$@"`, command[word[1]:])
	}
	text = silent.ReplaceAllString(text, "")
	begins := ourCommand.FindAllStringIndex(text, -1)
	for _, at := range begins {
		if !handingOut.MatchString(text[at[1]:]) {
			return false
		}
	}
	return len(begins) > 0 || handedOut.MatchString(text)
}

// canaryT is a script's T, which gets to see the log of the whole script at its end.
type canaryT struct {
	*testing.T

	secrets func() []string   // of the script's servers, once there are some
	files   map[string]string // of the script, by the last part of their names
}

func (c *canaryT) Run(name string, f func(testscript.T)) {
	c.T.Run(name, func(t *testing.T) {
		script, err := txtar.ParseFile(filepath.Join(scriptDir, name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, file := range script.Files {
			files[filepath.Base(file.Name)] += string(file.Data)
		}
		f(&canaryT{T: t, secrets: func() []string { return nil }, files: files})
	})
}

// Verbose says so always: else a log forgets what went well.
func (c *canaryT) Verbose() bool { return true }

// Log is called once, behind all else.
func (c *canaryT) Log(args ...any) {
	log := fmt.Sprint(args...)
	if testing.Verbose() {
		c.T.Log(log)
	} else {
		c.T.Log(lastPart(log))
	}
	for _, line := range printing(log, c.secrets(), c.files) {
		c.Errorf("a secret was printed: %s", line)
	}
}

// lastPart are a log's headings, and what stands below the last one: where a script that fails has failed.
func lastPart(log string) string {
	last := max(strings.LastIndex(log, "\n# "), 0)
	var kept strings.Builder
	for line := range strings.Lines(log[:last]) {
		if strings.HasPrefix(line, "# ") {
			kept.WriteString(line)
		}
	}
	return kept.String() + log[last:]
}

// terminalMark is what on-terminal has the log say before what was written to the terminal.
const terminalMark = "[terminal]"

// printing are the commands of a script's log that printed a secret which was not their answer, or may have done so where nobody looks.
func printing(log string, secrets []string, files map[string]string) (found []string) {
	command, stream, typed := "", "", false
	var text strings.Builder
	background := map[string]string{}
	look := func() {
		tells := func(secret string) bool { return tellsOf([]byte(text.String()), secret) }
		if stream != "" && slices.ContainsFunc(secrets, tells) && (stream != "stdout" || !handsOut(command, files)) {
			found = append(found, fmt.Sprintf("%s of %s", stream, command))
		}
		stream = ""
		text.Reset()
	}
	for line := range strings.Lines(log) {
		// What does not end with its line has the next mark behind it.
		before, mark := strings.TrimSuffix(line, "\n"), ""
		for _, m := range []string{"[stdout]", "[stderr]", terminalMark} {
			if rest, ok := strings.CutSuffix(before, m); ok {
				before, mark = rest, strings.Trim(m, "[]")
			}
		}
		said, begins := strings.CutPrefix(line, "> ")
		ended, ends := strings.CutPrefix(line, "[background] ")
		switch {
		case mark != "":
			text.WriteString(before)
			look()
			stream = mark
		case begins:
			look()
			command, stream = strings.TrimSpace(said), "log" // or output, with a line that begins as commands do
			if typed && !strings.Contains(command, "on-terminal ") {
				found = append(found, "a terminal, at which only on-terminal looks, of "+command)
			}
			typed = strings.Contains(command, "ttyin ")
			if name := ampersand.FindStringSubmatch(command); name != nil {
				background[name[1]] = command
			} else if name, waits := strings.CutPrefix(command, "wait"); waits {
				command = background[strings.TrimSpace(name)]
			}
		case ends:
			look()
			command = strings.TrimSpace(ended)
		case stream != "":
			text.WriteString(line)
		}
	}
	look()
	return found
}

// ampersand is what has a command run in the background, and maybe its name.
var ampersand = regexp.MustCompile(`&(\w*)&?$`)

// argumentsIn has programs note the command lines by which they were started, in a directory of their script, where they are looked
// through as all files are.
const argumentsIn = "TEST_NOTES_ARGUMENTS"

// noted is a program that notes its command line first.
func noted(program func()) func() {
	return func() {
		if dir := os.Getenv(argumentsIn); dir != "" {
			path := filepath.Join(dir, fmt.Sprint(os.Getpid()))
			if err := os.WriteFile(path, []byte(strings.Join(os.Args, "\n")), 0o600); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		program()
	}
}

// noSecrets fails if the last command printed a secret, or one stands in the record by now.
func noSecrets(ts *testscript.TestScript) {
	printed := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	secrets := ts.Value(serversKey{}).(*servers).secrets()
	for _, secret := range secrets {
		if strings.Contains(printed, secret) {
			ts.Fatalf("a secret was printed: %.12s…", secret)
		}
	}
	for _, path := range filesWithSecrets(ts.Getenv("CONFIG"), secrets) {
		if inRecord(path) {
			ts.Fatalf("a secret stands in %s", path)
		}
	}
}

func filesWithSecrets(dir string, secrets []string) []string {
	var found []string
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		if inRecord(path) && slices.ContainsFunc(secrets, func(secret string) bool { return tellsOf(data, secret) }) ||
			slices.ContainsFunc(secrets, func(secret string) bool { return len(secret) > 8 && bytes.Contains(data, []byte(secret)) }) {
			found = append(found, path)
		}
		return nil
	})
	return found
}

func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	files := map[string]string{
		"given.sh": "exec dbxaccess \"$@\"\n",
		"asks.sh":  "# As dbxaccess has it.\nexec dbxaccess auth token --host \"$1\"\n", "looks.sh": "dbxaccess env ml\ndbxaccess status\n",
	}
	for log, want := range map[string]int{
		"SECRET=" + secret + "\n\n> exec dbxaccess status\n[stdout]\nfine\n":                                        0,
		"> exec dbxaccess status\n[stdout]\n" + secret + "\n":                                                       1,
		"> exec dbxaccess env ml\n[stdout]\n" + secret + "\n":                                                       0,
		"> exec dbxaccess env ml\n[stdout]\n" + secret + "[stderr]\nfine\n":                                         0,
		"> exec dbxaccess env ml\n[stdout]\nfine[stderr]\nfor " + secret + "\n":                                     1,
		"> ! exec dbxaccess env ml\n[stderr]\nhalf " + secret[:30] + "\n> stderr half\n":                            1,
		"> exec dbxaccess status &one&\n> exec dbxaccess env ml\n> wait one\n[stdout]\n" + secret + "\n":            1,
		"> exec dbxaccess env ml &\n> wait\n[stdout]\n" + secret + "\n":                                             0,
		"[background] dbxaccess serve: exit status 1\n[stderr]\n" + secret + "\n":                                   1,
		"> exec dbxaccess env ml\n[stdout]\nfine\n> fine\n" + secret + "\n":                                         1,
		"> [unix] exec sh -c 'eval \"$(dbxaccess env ml)\"; env'\n[stdout]\n" + secret + "\n":                       0,
		"> exec sh -c 'dbxaccess status; dbxaccess credential-process --role ml'\n[stdout]\n" + secret + "\n":       1,
		"> exec sh -c 'dbxaccess --debug doctor; exit $?'\n[stdout]\n" + secret + "\n":                              1,
		"> exec sh -c 'dbxaccess env ml; dbxaccess-admin map show'\n[stdout]\n" + secret + "\n":                     1,
		"> exec sh -c 'dbxaccess env ml; dbxaccess.exe status'\n[stdout]\n" + secret + "\n":                         1,
		"> exec sh -c 'dbxaccess env-foo'\n[stdout]\n" + secret + "\n":                                              1,
		"> exec dbxaccess exec ml -- dbxaccess audit list\n[stdout]\n" + secret + "\n":                              1,
		"> exec sh -c '\"$(command -v dbxaccess)\" status; dbxaccess env'\n[stdout]\n" + secret + "\n":              1,
		"> exec sh asks.sh\n[stdout]\n" + secret + "\n":                                                             0,
		"> exec sh $WORK/looks.sh\n[stdout]\n" + secret + "\n":                                                      1,
		"> exec dbxaccess exec ml -- sh looks.sh\n[stdout]\n" + secret + "\n":                                       1,
		"> exec dbxaccess exec ml -- sh given.sh auth token\n[stdout]\n" + secret + "\n":                            0,
		"> exec dbxaccess exec ml -- sh given.sh status\n[stdout]\n" + secret + "\n":                                1,
		"> exec sh other.sh\n[stdout]\n" + secret + "\n":                                                            1,
		"> ttyin typed\n> on-terminal sh -c 'dbxaccess credential-process >/dev/tty'\n[terminal]\n" + secret + "\n": 1,
		"> ttyin typed\n> on-terminal dbxaccess env ml\n[stdout]\n" + secret + "\n[terminal]\nfine\n":               0,
		"> [linux] ttyin typed\n> [linux] exec sh -c 'dbxaccess credential-process >/dev/tty'\n":                    1,
	} {
		if got := printing(log, []string{secret}, files); len(got) != want {
			t.Errorf("%q: %q", log, got)
		}
	}
}

// A terminal is looked at: what was written to it is in the log, also where the program fails.
func TestTerminalsAreLogged(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("scripts have terminals on Linux only")
	}
	dir := t.TempDir()
	const script = `ttyin typed
! on-terminal sh -c 'echo first secret >/dev/tty; exit 1'
ttyin typed
on-terminal sh -c 'echo second secret >/dev/tty; echo third secret'
-- typed --
y
`
	if err := os.WriteFile(filepath.Join(dir, "one.txtar"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("in", func(t *testing.T) { // which has ended when all that is in it has
		logged := &loggingT{T: t}
		t.Cleanup(func() {
			for _, want := range []string{"first", "second", "third"} {
				if got := printing(logged.log, []string{want + " secret"}, nil); len(got) != 1 {
					t.Errorf("%s: %q", want, got)
				}
			}
		})
		testscript.RunT(logged, testscript.Params{
			Dir: dir, RequireExplicitExec: true, Cmds: map[string]func(*testscript.TestScript, bool, []string){"on-terminal": scriptOnTerminal},
		})
	})
}

// loggingT keeps what a script logs.
type loggingT struct {
	*testing.T

	log string
}

func (l *loggingT) Run(_ string, f func(testscript.T)) { f(l) }
func (l *loggingT) Verbose() bool                      { return true }
func (l *loggingT) Parallel()                          {}
func (l *loggingT) Log(args ...any)                    { l.log += fmt.Sprint(args...) }
