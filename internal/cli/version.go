package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// lowest is the version of a build without a release version. Databricks SDKs parse the version and treat helpers below
// v1.0.0 as an old program, so nothing lower is ever printed.
const lowest = "v1.0.0"

// Version is that of a build.
type Version struct {
	Number   string `json:"version"` // v<semver>
	Major    int
	Minor    int
	Patch    int
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Build identifies a build: the number, and the revision where it is known.
func (v Version) Build() string {
	if v.Revision == "" {
		return v.Number
	}
	return v.Number + " (" + v.Revision + ")"
}

// VersionOf is this build's version: the one the release set, else the module's.
func VersionOf(given string) Version {
	v := Version{Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	v.Number = released(given)
	if info, ok := debug.ReadBuildInfo(); ok {
		if given == "" {
			v.Number = released(info.Main.Version)
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Revision = s.Value
			}
		}
	}
	v.Major, v.Minor, v.Patch, _ = parseVersion(v.Number)
	return v
}

// released returns v<major>.<minor>.<patch>, at least v1.0.0: pseudo-versions and "(devel)" become the lowest.
func released(s string) string {
	major, minor, patch, ok := parseVersion(s)
	if !ok || major < 1 {
		return lowest
	}
	return fmt.Sprintf("v%d.%d.%d", major, minor, patch)
}

func parseVersion(s string) (major, minor, patch int, ok bool) {
	core, _, _ := strings.Cut(strings.TrimPrefix(s, "v"), "-")
	core, _, _ = strings.Cut(core, "+")
	parts := strings.Split(core, ".")
	if len(parts) != 3 {
		return 0, 0, 0, false
	}
	var numbers [3]int
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return 0, 0, 0, false
		}
		numbers[i] = n
	}
	return numbers[0], numbers[1], numbers[2], true
}
