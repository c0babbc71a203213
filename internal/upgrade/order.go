package upgrade

import (
	"strings"

	"golang.org/x/mod/semver"
)

// Compare orders two versions, <semver> with a v or without one, as https://semver.org/#spec-item-11 does: a pre-release comes before its
// release, and what stands behind a plus counts for nothing.
func Compare(a, b string) int {
	return semver.Compare("v"+strings.TrimPrefix(a, "v"), "v"+strings.TrimPrefix(b, "v"))
}
