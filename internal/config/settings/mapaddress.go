package settings

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// isAddress reports whether the value of DBXACCESS_MAP is what `init` takes, and no file: it would be looked for in the current
// directory, and be said to be missing there.
func isAddress(value string) bool {
	scheme, _, address := strings.Cut(value, "://")
	return address && len(scheme) > 1 && ui.IsPlain(scheme, "+-.") || strings.HasPrefix(value, "command:") || strings.HasPrefix(value, "git@")
}

// addressNamed says that an address belongs to `init`. It repeats the address only where no token can stand in it.
func addressNamed(address string) error {
	command := "dbxaccess init FILE|URL"
	scheme, rest, _ := strings.Cut(address, "://")
	if ui.IsPlain(scheme, "+-.") && ui.IsPlain(strings.TrimPrefix(rest, "git@"), "_.:/+~-") && len(address) <= 300 {
		command = "dbxaccess init " + address
	}
	return ui.Errorf("map-variable-address", ui.Failed, "%s names an address, and takes the path of a file", MapVariable).
		With(ui.Advice("addresses are for init, which asks before it trusts one:"), ui.Command("unset "+MapVariable, command))
}
