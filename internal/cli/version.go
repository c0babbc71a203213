package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// lowest is the major version of a build without a release version. Databricks SDKs parse the version and treat helpers below
// v1.0.0 as an old program, so nothing lower is ever printed.
const lowest = 1

// Version is that of a build.
type Version struct {
	Number string `json:"version"` // v<major>.<minor>.<patch>, for those who compare numbers
	// Release is what the build is really called, v<semver> with whatever stands behind the number; "" for one of no release.
	Release string `json:"release,omitempty"`
	// Spelled as the Databricks CLI spells them: SDKs read them by these names.
	Major    int
	Minor    int
	Patch    int
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Module   bool   `json:"-"` // built as a module by its version, as go install does
}

// Name is what a person knows the build by.
func (v Version) Name() string { return cmp.Or(v.Release, v.Number) }

// Build identifies a build: the number, and the revision where it is known.
func (v Version) Build() string {
	if v.Revision == "" {
		return v.Number
	}
	return v.Number + " (" + v.Revision + ")"
}

// Serves is an error for a build that is older than the one an access map wants, v<semver>; "" is any. It goes by numbers: who tries a
// release candidate tries the map for that release, too.
func (v Version) Serves(least string) error {
	if least == "" {
		return nil
	}
	major, minor, patch, _ := released(least)
	if slices.Compare([]int{v.Major, v.Minor, v.Patch}, []int{major, minor, patch}) >= 0 {
		return nil
	}
	return ui.Errorf("program-too-old", ui.Failed, "the access map is for dbxaccess %s and newer, and this is %s", ui.Clean(least), v.Number).
		With(ui.Advice("upgrade dbxaccess in the way it was installed; a build from source counts as v1.0.0"))
}

// VersionOf is this build's version: the one the release set, else the module's.
func VersionOf(given string) Version {
	v := Version{Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		if given == "" {
			given = info.Main.Version
		}
		v.Module = info.Main.Sum != ""
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Revision = s.Value
			}
		}
	}
	var ok bool
	if v.Major, v.Minor, v.Patch, ok = released(given); ok && ui.IsPlain(given, ".-+") {
		v.Release = "v" + strings.TrimPrefix(given, "v")
	}
	v.Number = fmt.Sprintf("v%d.%d.%d", v.Major, v.Minor, v.Patch)
	return v
}

// released parses v<major>.<minor>.<patch>, with or without a suffix. What is no such version, or older than the lowest, such
// as a pseudo-version of no release or "(devel)", is not ok, and becomes the lowest.
func released(s string) (major, minor, patch int, ok bool) {
	core, _, _ := strings.Cut(strings.TrimPrefix(s, "v"), "-")
	core, _, _ = strings.Cut(core, "+")
	if _, err := fmt.Sscanf(core, "%d.%d.%d", &major, &minor, &patch); err != nil || major < lowest ||
		core != fmt.Sprintf("%d.%d.%d", major, minor, patch) {
		return lowest, 0, 0, false
	}
	return major, minor, patch, true
}
