package desktop

import (
	"context"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/command"
)

// ofDesktop are launchd's variables, which it gives to all that is started from the Dock (launchctl(1)). One that can't be
// read is taken to be as it is here.
func ofDesktop(ctx context.Context, getenv func(string) string) func(name string) string {
	return func(name string) string {
		out, err := command.Run(ctx, command.Program{
			Argv: []string{"launchctl", "getenv", name}, Time: 2 * time.Second, Stdout: 64 << 10, Stderr: 1 << 10,
		})
		if err != nil {
			return getenv(name)
		}
		return strings.TrimSuffix(string(out.Stdout), "\n")
	}
}
