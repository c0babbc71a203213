package shellenv

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// hostile are values that a careless form would let run, expand or change.
var hostile = []string{
	"plain", " ", "  two  spaces  ", "a'b", "'", "''", "'''", `"`, `a"b"`, `\`, `\\`, `\'`, `'\''`, "a\\", `\n`, "`touch x`", "$(touch x)",
	"${HOME}", "$HOME", "%PATH%", "%%", "!", "!!", "!touch", "^", "^&", "&", "a&touch x", "|", ";touch x", "#", "a #b", "~", "~root", "*", "?",
	"[a]", "{a,b}", "<x", ">x", "=", "-n", "--", "\n", "a\nb", "a\n", "\n\na\n\n", "\r", "a\r\nb", "\t", "\x01\x1b[31m\x7f", "ünïcode ✓ 🔑",
	"‘’‚‛“”", "\u2028\u00a0\ufeff", "\uf600\uf6ff", "\xff\xfe", "a\xffb", "'); touch x; ('", "\x1b]0;x\a", "$'a'", "@(x)", "(touch x)", "null", "0x10",
	strings.Repeat(`x'"\$`, 20_000),
}

// genuine are values as AWS and Databricks make them.
var genuine = []Variable{
	{"AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"},
	{"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
	{"AWS_SESSION_TOKEN", strings.Repeat("IQoJb3JpZ2luX2VjE+/", 60) + "=="},
	{"AWS_CREDENTIAL_EXPIRATION", "2026-11-21T16:47:08Z"},
	{"AWS_REGION", "us-gov-west-1"},
	{"DATABRICKS_HOST", "https://dbc-1234.cloud.databricks.com:8443"},
	{"DATABRICKS_TOKEN", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.abc-_DEF"},
	{"AWS_PROFILE", ""},
}

func TestRealValuesAreWrittenForEveryShell(t *testing.T) {
	for _, shell := range Shells() {
		if _, err := Render(shell, genuine); err != nil {
			t.Errorf("%s: %v", shell, err)
		}
	}
}

// What a person evaluates is part of the product: changes of these texts are to be seen.
func TestStatements(t *testing.T) {
	vars := []Variable{{"A", "it's"}, {"B", ""}}
	plain := []Variable{{"A", "x/y="}, {"B", ""}}
	for _, tt := range []struct {
		shell string
		vars  []Variable
		want  string
	}{
		{"bash", vars, "unset B;\nexport A='it'\\''s';\n"},
		{"zsh", vars, "unset B;\nexport A='it'\\''s';\n"},
		{"sh", vars, "unset B;\nexport A='it'\\''s';\n"},
		{"fish", vars, "set -eg B; if set -qUx B; echo 'dbxaccess: B is a universal variable and stays; " +
			"to take it away: set -eU B' >&2; end;\nset -gx A 'it\\'s';\n"},
		{"powershell", vars, "Remove-Item -Path Env:B -ErrorAction Ignore;\n$Env:A = 'it''s';\n"},
		{"nushell", vars, "{\n  \"A\": \"it's\",\n  \"B\": null\n}\n"},
		{"cmd", plain, "set \"B=\"\nset \"A=x/y=\"\n"},
		{"dotenv", plain, "A=x/y=\n"},
		{"json", vars, "{\n  \"A\": \"it's\"\n}\n"},
	} {
		if got, err := Render(tt.shell, tt.vars); err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.shell, got, err, tt.want)
		}
	}
}

func TestWhatHasNoSafeFormIsRefusedWhole(t *testing.T) {
	for shell, values := range map[string][]string{
		"bash":       {"a\x00b"},
		"fish":       {"a\x00b"},
		"json":       {"a\x00b", "\xff"},
		"nushell":    {"a\x00b", "\xff"},
		"powershell": {"a\x00b", "\xff", "a\nb", "a\rb", "ü", "‘", "\x1b"},
		"cmd": {
			"a\x00b", "\xff", "a\nb", "ü", `"`, "%", "!", "^", "&", "|", "<", ">", "(", ")", ";", "'", "`", "\t", "*", "\x1a",
			strings.Repeat("x", maxCmdLine),
		},
		"dotenv": {
			"a\x00b", "\xff", "a\nb", "ü", `"`, "'", "`", "$", "#", `\`, " ", "~", "!", "&", "|", ";", "(", "*", "?", "%", "{", "\t",
		},
	} {
		for _, value := range values {
			got, err := Render(shell, []Variable{{"GOOD", "x"}, {"BAD", value}})
			if ui.IDOf(err) != "variable-value-unsafe" || got != "" {
				t.Errorf("%s: %q was written: %q, %v", shell, value, got, err)
				continue
			}
			if !strings.Contains(err.Error(), "BAD") || len(value) > 2 && strings.Contains(err.Error(), value) {
				t.Errorf("%s: the error has to name the variable, not the value: %v", shell, err)
			}
		}
	}
	for _, name := range []string{"", "1A", "A B", "A;touch x", "A=B", "a", "Ä"} {
		if _, err := Render("bash", []Variable{{name, "x"}}); ui.IDOf(err) != "variable-name-wrong" {
			t.Errorf("the name %q was written: %v", name, err)
		}
	}
	if _, err := Render("tcsh", nil); ui.CodeOf(err) != ui.Usage {
		t.Errorf("an unknown shell: %v", err)
	}
}

func TestDetect(t *testing.T) {
	for _, tt := range []struct{ path, goos, want string }{
		{"/bin/bash", "linux", "bash"},
		{"/usr/local/bin/zsh", "darwin", "zsh"},
		{"/opt/homebrew/bin/fish", "darwin", "fish"},
		{"/bin/dash", "linux", "sh"},
		{"/bin/ksh93", "linux", "sh"},
		{"/bin/busybox", "linux", "sh"},
		{"/home/alice/.cargo/bin/nu", "linux", "nushell"},
		{"/usr/bin/pwsh", "linux", "powershell"},
		{"", "linux", "sh"},
		{"", "windows", "powershell"},
		{`C:\Program Files\Git\usr\bin\Bash.EXE`, "windows", "bash"},
		{"/usr/bin/bash", "windows", "bash"},
	} {
		if got, err := Detect(tt.path, tt.goos); err != nil || got != tt.want {
			t.Errorf("%q on %s: %q, %v, want %q", tt.path, tt.goos, got, err, tt.want)
		}
	}
	for _, path := range []string{"/bin/tcsh", "/usr/bin/elvish", "/usr/sbin/nologin"} {
		got, err := Detect(path, "linux")
		if ui.CodeOf(err) != ui.Usage || !strings.Contains(ui.HintOf(err), "--shell bash|") {
			t.Errorf("%q: %q, %v", path, got, err)
		}
	}
}

func TestApply(t *testing.T) {
	environ := []string{"=C:=C:\\x", "PATH=/bin", "AWS_PROFILE=a", "aws_profile=b", "AWS_REGION=x", "AWS_REGION=y", "EMPTY=", "ODD"}
	vars := []Variable{{"AWS_REGION", "us-east-1"}, {"AWS_PROFILE", ""}, {"AWS_ACCESS_KEY_ID", "a=b"}}
	before := slices.Clone(environ)
	want := []string{"=C:=C:\\x", "PATH=/bin", "aws_profile=b", "EMPTY=", "ODD", "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=a=b"}
	if got := Apply(environ, vars, false); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Apply(environ, vars, true); !slices.Equal(got, slices.Delete(slices.Clone(want), 2, 3)) {
		t.Errorf("where case means nothing: got %q", got)
	}
	if !slices.Equal(environ, before) {
		t.Error("the environment that was given has changed")
	}
}
