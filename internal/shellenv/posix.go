package shellenv

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The semicolons keep statements apart where an unquoted $(…) is evaluated, which turns line ends into spaces.

func setPOSIX(name, value string) string { return "export " + name + "=" + ui.Quote(value) + ";" }
func unsetPOSIX(name string) string      { return "unset " + name + ";" }

// quoteFish quotes for fish: inside single quotes the backslash escapes itself and the quote
// (https://fishshell.com/docs/current/language.html#quotes).
func quoteFish(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func setFish(name, value string) string { return "set -gx " + name + " " + quoteFish(value) + ";" }

// unsetFish unsets the global variable. A universal one is a person's setting for all of their shells, for good: it is
// left alone, and since nothing hides it from programs, fish says so. The status becomes that of the if: 0, where `set
// -e` alone reports that there was nothing to unset, and a following `set -gx` would leave that status.
func unsetFish(name string) string {
	return "set -eg " + name + "; if set -qUx " + name + "; echo 'dbxaccess: " + name +
		" is a universal variable and stays; to take it away: set -eU " + name + "' >&2; end;"
}
