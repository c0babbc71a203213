package profiles

import (
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// validate lets nothing through that means something to a shell or to a config file, whatever was checked before: a
// credential_process line is code, and a header ends at a bracket.
func (p AWSProfile) validate() error {
	for _, c := range []struct {
		what, value, punctuation string
		longest                  int
	}{
		{"profile", p.Name, "._-", 128},
		{"role", p.Role, "._-", 63},
		{"identity", p.Identity, "._-", 63},
		{"region", p.Region, "-", 63},
	} {
		if c.what == "region" && c.value == "" || isPlain(c.value, c.punctuation, c.longest) {
			continue
		}
		return ui.Fault(ui.Failed, fmt.Sprintf("a %s has 1 to %d characters of a-z 0-9 %s and starts with a letter or digit; "+
			"correct it in the access map or the settings", c.what, c.longest, c.punctuation),
			"the %s %q can't be written into a config file", c.what, ui.Clean(c.value))
	}
	return nil
}

// isPlain reports whether a value has the form of a name: lower-case letters and digits, behind the first of them
// punctuation as well.
func isPlain(value, punctuation string, longest int) bool {
	for i, r := range value {
		letterOrDigit := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if !letterOrDigit && (i == 0 || !strings.ContainsRune(punctuation, r)) {
			return false
		}
	}
	return value != "" && len(value) <= longest
}
