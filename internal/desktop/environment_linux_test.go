package desktop

import (
	"os"
	"os/exec"
	"testing"
)

func TestAShellsVariablesAreNotTheDesktops(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ script, want string }{
		"exported":  {"export HERE=1; tell-desktop HERE THERE; true", "HERE=\nTHERE=2\n"},
		"deeper":    {"export HERE=1; sh -c 'export THERE=3; tell-desktop HERE THERE; true'; true", "HERE=\nTHERE=2\n"},
		"elsewhere": {"export DISPLAY=:98; tell-desktop HERE; true", "unknown\n"},
		"over SSH":  {"export SSH_TTY=/dev/pts/1; tell-desktop HERE; true", "unknown\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), "sh", "-c", c.script)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "DISPLAY=:97", "THERE=2"}
			out, err := cmd.Output()
			if got := string(out); err != nil || got != c.want {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
