package keychain

import (
	"slices"
	"strings"
	"testing"
)

// What other programs keep in a keychain neither hides our items nor adds to them.
func FuzzAccountsOf(f *testing.F) {
	const ours = "keychain: \"/login.keychain-db\"\nattributes:\n    \"acct\"<blob>=\"role+ml\"\n    \"svce\"<blob>=\"dbxaccess\"\n"
	for _, seed := range []string{"", ours, "    \"acct\"<blob>=0x00  \"\\000\"\n", "    \"acct\"<blob>=<NULL>\n", "\"svce\"<blob>=\"dbxaccess\"", "keychain:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, others string) {
		if !strings.HasSuffix(others, "\n") {
			others += "\n"
		}
		alone := accountsOf(others, "dbxaccess")
		if got := accountsOf(others+ours, "dbxaccess"); !slices.Equal(got, append(alone, "role+ml")) {
			t.Errorf("%q, and %q without ours", got, alone)
		}
		if slices.Contains(alone, "") {
			t.Error("an item without an account")
		}
	})
}
