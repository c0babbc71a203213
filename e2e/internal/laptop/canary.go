package laptop

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// handOut are the commands of dbxaccess whose answer, on stdout, is a secret.
var handOut = []string{"auth", "console", "credential-process", "databricks-cli", "env", "exec"}

// Canaries has secretless look, at the end of the test, at every file of the home folder, and at what dbxaccess printed wherever that is not
// the secret that it was asked for. Files whose names begin with one of kept are where the test's own programs keep what they were handed.
func (l *Laptop) Canaries(t testing.TB, secretless func(where, text string), kept ...string) {
	t.Helper()
	t.Cleanup(func() {
		for name, content := range l.Files(t) {
			if !slices.ContainsFunc(kept, func(begin string) bool { return strings.HasPrefix(filepath.Base(name), begin) }) {
				secretless(name, content)
			}
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, r := range l.own {
			line := strings.Join(r.args, " ")
			secretless("stderr of "+line, r.Stderr.String())
			if len(r.args) == 0 || !slices.Contains(handOut, r.args[0]) {
				secretless("stdout of "+line, r.Stdout.String())
			}
		}
	})
}
