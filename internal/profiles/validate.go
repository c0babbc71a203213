package profiles

import (
	"fmt"
	"regexp"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A credential_process line is code, and a header ends at a bracket: nothing that means something to a shell or to a
// config file may get into them, whatever was checked before.
const (
	namePattern    = `^[a-z0-9][a-z0-9._-]{0,62}$`
	profilePattern = `^[a-z0-9][a-z0-9._-]{0,127}$` // prefix and role
	regionPattern  = `^[a-z0-9][a-z0-9-]{0,62}$`
)

func (p AWSProfile) validate() error {
	for _, c := range []struct{ what, value, pattern string }{
		{"profile", p.Name, profilePattern},
		{"role", p.Role, namePattern},
		{"identity", p.Identity, namePattern},
		{"region", p.Region, regionPattern},
	} {
		if c.what == "region" && c.value == "" {
			continue
		}
		if ok, err := regexp.MatchString(c.pattern, c.value); err != nil || !ok {
			return ui.Fault(ui.Failed, fmt.Sprintf("a %s must match %s; correct it in the access map or the settings", c.what, c.pattern),
				"the %s %q can't be written into a config file", c.what, ui.Clean(c.value))
		}
	}
	return nil
}
