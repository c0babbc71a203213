package cli

import (
	"os"
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ancestors"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What is issued is held by the program that runs by it: the one that is named, else the agent's, else the nearest.
func TestHolder(t *testing.T) {
	t.Parallel()
	shell, agent, terminal := ancestors.Program{PID: os.Getpid(), Name: "sh"}, ancestors.Program{PID: os.Getppid(), Name: "claude"}, ancestors.Program{PID: 1, Name: "a\x1b[31mb"}
	for name, c := range map[string]struct {
		above   []ancestors.Program
		named   int
		pid     int
		program string
	}{
		"the agent":              {[]ancestors.Program{shell, agent, terminal}, 0, os.Getppid(), "claude"},
		"the nearest":            {[]ancestors.Program{shell, terminal}, 0, os.Getpid(), "sh"},
		"one that is named":      {[]ancestors.Program{shell, agent}, os.Getpid(), os.Getpid(), "train"},
		"nothing that could be":  {nil, 0, 0, ""},
		"a name that can't show": {[]ancestors.Program{terminal}, 0, 1, "a[31mb"},
	} {
		env := NewEnv(Process{Streams: &ui.Streams{}, Above: slices.Values(c.above)})
		if c.named != 0 {
			env.HeldBy(c.named, "train")
		}
		got := env.Holder()
		if got.PID != c.pid || got.Program != c.program || (got.Began == "") != (c.pid == 0) {
			t.Errorf("%s: %+v", name, got)
		}
		if again := env.Anew(env.Console).Holder(); again != got {
			t.Errorf("%s: %+v, in a new Env %+v", name, got, again)
		}
	}
	if door := (&Env{Process: Process{Args: []string{"--debug", "exec-server", "start"}}}).door(); door != "exec" {
		t.Errorf("got %s", door)
	}
}
