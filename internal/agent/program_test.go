package agent

import "testing"

func TestProgramsAreComparedWhole(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"claude": "claude-code", "/usr/local/bin/claude": "claude-code", `C:\npm\codex.exe`: "codex", "aider": "aider",
		"claude2": "", "claud": "", "Claude": "", "copilot": "", "cursor": "", "code": "", "bash": "", "": "", "/": "", "claude/": "", ".exe": "",
	} {
		if got := OfProgram(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

func TestWhatAnInterpreterRuns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		called string
		words  []string
		want   string
	}{
		{"claude", nil, "claude-code"},
		{"node", []string{"node", "/usr/bin/claude", "--x"}, "claude-code"},
		{"MainThread", []string{"claude", "", ""}, "claude-code"}, // it has changed its own title
		{"node", []string{"node", "--max-old-space-size=8192", "/opt/bin/gemini"}, "gemini-cli"},
		{"python3.12", []string{"python3.12", "-m", "aider"}, "aider"},
		{"python", []string{"/usr/bin/python", "/home/a/.local/bin/aider", "claude"}, "aider"},
		{"python3", []string{"python3", "train.py", "claude"}, ""}, // an argument is no program
		{"node", []string{"node", "server.js"}, ""},
		{"node", nil, ""},
		{"bash", []string{"bash", "claude"}, ""},
		{"pythonic", []string{"pythonic", "aider"}, ""},
		{"vim", []string{"vim", "/usr/bin/claude"}, ""},
	} {
		if got := OfLine(c.called, func() []string { return c.words }); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.called, c.words, got, c.want)
		}
	}
}
