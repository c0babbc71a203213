//go:build linux

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// licences are those that what we link may be under, by words that stand in their texts and in no other's, the longer text first. All let
// us give away programs under a licence of our own, as long as their texts go along; MPL 2.0 wants the source of its own files to be had,
// which we take as they are published.
var licences = []struct{ name, words string }{
	{"Apache-2.0", "apache license version 2.0, january 2004"},
	{"MPL-2.0", "mozilla public license, version 2.0"},
	{"CC0-1.0", "creative commons corporation is not a law firm"},
	{"BSD-3-Clause", "may be used to endorse or promote products derived from this software"},
	{"BSD-2-Clause", "redistributions in binary form must reproduce the above copyright notice"},
	{"MIT", "the above copyright notice and this permission notice shall be included in all copies or substantial portions of the software"},
}

// foreign are words of licences that would be ours, too: whatever else stands in a file that has them.
var foreign = []string{
	"gnu affero general public license version", "gnu general public license version", "gnu lesser general public license version",
	"business source license",
}

// licenceOf is the licence of a module that lies in a directory, "" if it is none of those that we take.
func licenceOf(dir string) string {
	entries, _ := os.ReadDir(dir)
	var all []string
	for _, entry := range entries {
		name := strings.ToLower(entry.Name())
		if entry.IsDir() || !strings.HasPrefix(name, "licen") && !strings.HasPrefix(name, "copying") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return ""
		}
		all = append(all, licenceIn(string(text)))
	}
	all = slices.Compact(all)
	if slices.Contains(all, "") || len(all) == 0 {
		return ""
	}
	return strings.Join(all, " and ")
}

func licenceIn(text string) string {
	words := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	for _, bad := range foreign {
		if strings.Contains(words, bad) {
			return ""
		}
	}
	for _, licence := range licences {
		if strings.Contains(words, licence.words) {
			return licence.name
		}
	}
	return ""
}

// Whatever is linked into a program that we give away, for any system, is under a licence that lets us.
func TestWhatWeLinkIsLicensed(t *testing.T) {
	t.Parallel()
	found := map[string]int{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		out := goSays(t, []string{"GOOS=" + system, "CGO_ENABLED=0"}, "list", "-deps", "-f",
			"{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./cmd/dbxaccess", "./cmd/dbxaccess-admin")
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		slices.Sort(lines)
		for _, line := range slices.Compact(lines) {
			path, dir, ok := strings.Cut(line, "\t")
			if !ok {
				continue
			}
			licence := licenceOf(dir)
			if found[licence]++; licence == "" {
				t.Errorf("%s (%s) is under no licence that is known here: read %s", path, system, dir)
			}
		}
	}
	if found["MIT"] < 30 || found["Apache-2.0"] < 30 {
		t.Errorf("only these are found: %v", found)
	}
	t.Log(found)
}

func TestLicencesAreToldApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"   GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007": "",
		"All rights reserved.": "",
		"Apache License\n  Version 2.0, January 2004\n http://www.apache.org/licenses/":                        "Apache-2.0",
		"dual: the Apache License Version 2.0, January 2004; or\nGNU Lesser General Public License\nVersion 3": "",
		"Redistributions in binary form must reproduce the above copyright\nnotice, this list of conditions":   "BSD-2-Clause",
	} {
		if got := licenceIn(text); got != want {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}
