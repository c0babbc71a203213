package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
)

// BuildInfo is what `version -o json` says besides the version, for those who hold a program against a release. It is not read
// for other commands.
type BuildInfo struct {
	Date         string `json:"date,omitempty"`     // of the commit, RFC 3339
	Modified     bool   `json:"modified,omitempty"` // built from more than the commit
	ModuleDigest string `json:"module_digest,omitempty"`
	Dependencies string `json:"dependencies_digest,omitempty"`
	Static       bool   `json:"static"` // needs no library of the system
}

// BuildInfoOf reads it from what the Go linker wrote; nil is nothing.
func BuildInfoOf(info *debug.BuildInfo) BuildInfo {
	var b BuildInfo
	if info == nil {
		return b
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	b.Date, b.Modified = settings["vcs.time"], settings["vcs.modified"] == "true"
	b.Static = settings["CGO_ENABLED"] == "0" && settings["GOOS"] == "linux" // elsewhere the system is reached through its libraries
	b.ModuleDigest = info.Main.Sum                                           // h1:, as in go.sum; none where it was built from a clone
	b.Dependencies = digestOf(info.Deps)
	return b
}

// digestOf is the SHA-256 of the modules that were linked, a line each, sorted: the path, a space, the version, a space, the sum as in
// go.sum.
func digestOf(modules []*debug.Module) string {
	if len(modules) == 0 {
		return ""
	}
	lines := make([]string, len(modules))
	for i, m := range modules {
		if m.Replace != nil {
			m = m.Replace
		}
		lines[i] = fmt.Sprintf("%s %s %s\n", m.Path, m.Version, m.Sum)
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return "sha256:" + hex.EncodeToString(sum[:])
}
