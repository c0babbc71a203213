//go:build unix

package use

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// TestMain is also the server beside a program, as one that is broken: it says what no server says.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[len(os.Args)-2] == ServerName {
		fmt.Println(os.Getenv("USE_TEST_REPLY"))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Without its server, the program is not started: it would have credentials that end while it runs.
func TestAServerThatSaysNoReply(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{"", "<html>", "[]", `"canary`} {
		env := cli.NewEnv(cli.Process{
			Streams: &ui.Streams{In: strings.NewReader(""), Out: new(strings.Builder), Err: new(strings.Builder)},
			Getenv:  func(string) string { return "" },
			Environ: func() []string { return []string{"USE_TEST_REPLY=" + reply} },
		})
		got, err := launch(t.Context(), env, handover{Roles: []handedRole{{}}})
		if ui.IDOf(err) != "exec-server-failed" || ui.CodeOf(err) != ui.Failed || !strings.Contains(ui.HintOf(err), "--static") || len(got.Variables) > 0 {
			t.Errorf("%q: %+v, %v, hint %q", reply, got, err, ui.HintOf(err))
		}
	}
}
