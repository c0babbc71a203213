package laptop

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// handOut are the commands of dbxaccess whose answer, on stdout, is a secret.
var handOut = []string{"auth", "console", "credential-process", "databricks-cli", "env", "exec"}

// Holds reports whether a text holds a secret, whole or in part: the end of a token is its signature, which no two tokens share, and by it a
// secret that was split shows, too.
func Holds(text, secret string) bool { return strings.Contains(text, secret[max(0, len(secret)-20):]) }

// Canaries looks, at the end of the test, for the secrets that were issued by then: in every file of the home folder, and in what dbxaccess
// printed wherever that is not the secret that it was asked for. Files whose names begin with one of kept are where the test's own programs
// keep what they were handed.
func (l *Laptop) Canaries(t testing.TB, issued func() []string, kept ...string) {
	t.Helper()
	t.Cleanup(func() {
		secrets := issued()
		secretless := func(where, text string) {
			for _, secret := range secrets {
				if Holds(text, secret) {
					t.Errorf("%s holds a secret of %d characters", where, len(secret))
				}
			}
		}
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
