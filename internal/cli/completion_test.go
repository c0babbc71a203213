package cli

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var update = flag.Bool("update", false, "write generated files anew")

// completionFiles are named as shells and packagers expect them.
var completionFiles = map[string]string{
	"bash": "dbxaccess.bash", "zsh": "_dbxaccess", "fish": "dbxaccess.fish", "powershell": "dbxaccess.ps1", "nushell": "dbxaccess.nu",
}

func TestCompletionsAreWhatTheBinaryPrints(t *testing.T) {
	for _, shell := range completionShells() {
		var out bytes.Buffer
		env := NewEnv(Process{Streams: &ui.Streams{Out: &out, Err: &out}})
		root := newRoot(env, []*cobra.Command{NewCompletion(env)}, nil)
		root.SetArgs([]string{"completion", shell})
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("..", "..", "completions", completionFiles[shell])
		if *update {
			if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, out.Bytes()) {
			t.Errorf("%s is stale (%v): make generate", path, err)
		}
	}
}
