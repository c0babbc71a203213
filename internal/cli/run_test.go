package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A helper is made alone, is quiet and waits for no signal, wherever flags stand; what a person types does.
func TestTheNamedCommandIsMadeAlone(t *testing.T) {
	for line, want := range map[string]struct {
		made                  []string
		quiet, heedsItsSignal bool
	}{
		"helper":         {[]string{"helper"}, true, false},
		"--debug helper": {[]string{"helper"}, true, false},
		"helper --debug": {[]string{"helper"}, true, false},
		"typed":          {[]string{"typed"}, false, true},
		"--debug typed":  {[]string{"typed"}, false, true},
		"help typed":     {[]string{"helper", "typed"}, false, false},
	} {
		var made []string
		quiet, heeds := false, false
		command := func(name string) Command {
			return Command{Name: name, ForSDKs: name == "helper", New: func(env *Env) *cobra.Command {
				made = append(made, name)
				return &cobra.Command{Use: name, Run: func(cmd *cobra.Command, _ []string) {
					_, quiet = env.Console.(ui.Quiet)
					heeds = cmd.Context().Done() != nil
				}}
			}}
		}
		code := Main(append([]string{"dbxaccess"}, strings.Fields(line)...), "", []Command{command("helper"), command("typed")})
		if code != 0 || !slices.Equal(made, want.made) || quiet != want.quiet || heeds != want.heedsItsSignal {
			t.Errorf("%s: exit code %d, made %q, quiet %v, heeds signals %v", line, code, made, quiet, heeds)
		}
	}
}
