package release

import (
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// fetches fails unless an address is that of the release's file for a platform, and the digest is that file's.
func fetches(t *testing.T, address, digest, system, processor string) {
	t.Helper()
	name := path.Base(address)
	if s, p := platformOf(t, name); s != system || p != processor {
		t.Errorf("%s/%s fetches %s", system, processor, name)
	}
	if !strings.HasPrefix(address, "https://github.com/dbxaccess/dbxaccess/releases/download/v") || len(digest) != 64 || digests(t)[name] != digest {
		t.Errorf("%s fetches %s, with the digest %q", system, address, digest)
	}
}

// In a cask, a package for each processor stands in the block of its system.
var (
	caskSystem  = regexp.MustCompile(`(?ms)^  on_(macos|linux) do\n(.*?)^  end\n`)
	caskPackage = regexp.MustCompile(`    on_(intel|arm) do\n      sha256 "(.*)"\n      url "(.*)"\n    end\n`)
)

func TestHomebrew(t *testing.T) {
	text, err := os.ReadFile(made(t, "homebrew/Casks/dbxaccess.rb")[0])
	if err != nil {
		t.Fatal(err)
	}
	cask := string(text)
	version := metadata(t).Version
	want := []string{`cask "dbxaccess" do`, `version "` + version + `"`}
	for _, name := range programs {
		want = append(want, `binary "`+name+`"`)
	}
	for _, page := range manual(t) {
		want = append(want, `manpage "man/`+page+`"`)
	}
	for shell, file := range map[string]string{"bash": "dbxaccess.bash", "fish": "dbxaccess.fish", "zsh": "_dbxaccess"} {
		want = append(want, shell+`_completion "completions/`+file+`"`)
	}
	for _, line := range want {
		if !strings.Contains(cask, line+"\n") {
			t.Errorf("the cask lacks %s:\n%s", line, cask)
		}
	}
	if strings.Count(cask, " do\n") != strings.Count(cask, "end\n") {
		t.Errorf("blocks and their ends do not match:\n%s", cask)
	}
	named := map[string]string{"macos": "darwin", "linux": "linux", "intel": "amd64", "arm": "arm64"}
	fetched := map[string]bool{}
	for _, system := range caskSystem.FindAllStringSubmatch(cask, -1) {
		for _, of := range caskPackage.FindAllStringSubmatch(system[2], -1) {
			fetches(t, strings.ReplaceAll(of[3], "#{version}", version), of[2], named[system[1]], named[of[1]])
			fetched[system[1]+of[1]] = true
		}
	}
	if len(fetched) != 4 {
		t.Errorf("it has packages for %v alone", fetched)
	}
}

func TestScoop(t *testing.T) {
	text, err := os.ReadFile(made(t, "scoop/dbxaccess.json")[0])
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Version, License string
		Architecture     map[string]struct {
			URL, Hash string
			Bin       []string
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Version != metadata(t).Version || manifest.License != "Apache-2.0" {
		t.Errorf("%s", text)
	}
	named := map[string]string{"64bit": "amd64", "arm64": "arm64"}
	same(t, slices.Collect(maps.Keys(manifest.Architecture)), slices.Sorted(maps.Keys(named)))
	for name, is := range manifest.Architecture {
		fetches(t, is.URL, is.Hash, "windows", named[name])
		if !slices.Equal(is.Bin, []string{"dbxaccess.exe", "dbxaccess-admin.exe"}) {
			t.Errorf("%s has the programs %q", name, is.Bin)
		}
	}
}

// wingetManifest is of three kinds, in a file each.
type wingetManifest struct {
	PackageIdentifier string `yaml:"PackageIdentifier"`
	PackageVersion    string `yaml:"PackageVersion"`
	ManifestType      string `yaml:"ManifestType"`
	InstallerType     string `yaml:"InstallerType"`
	Installers        []struct {
		Architecture string `yaml:"Architecture"`
		URL          string `yaml:"InstallerUrl"`
		Digest       string `yaml:"InstallerSha256"`
		Type         string `yaml:"NestedInstallerType"`
		Files        []struct {
			Path  string `yaml:"RelativeFilePath"`
			Alias string `yaml:"PortableCommandAlias"`
		} `yaml:"NestedInstallerFiles"`
	} `yaml:"Installers"`
}

func TestWinget(t *testing.T) {
	var kinds, processors []string
	named := map[string]string{"x64": "amd64", "arm64": "arm64"}
	for _, path := range made(t, "winget/manifests/d/dbxaccess/dbxaccess/"+metadata(t).Version+"/dbxaccess.dbxaccess*.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var manifest wingetManifest
		if err := yaml.Unmarshal(text, &manifest); err != nil {
			t.Fatal(err)
		}
		if manifest.PackageIdentifier != "dbxaccess.dbxaccess" || manifest.PackageVersion != metadata(t).Version ||
			len(manifest.Installers) > 0 && manifest.InstallerType != "zip" {
			t.Errorf("%s is of another package:\n%s", path, text)
		}
		kinds = append(kinds, filepath.Base(path)+" "+manifest.ManifestType)
		for _, installer := range manifest.Installers {
			fetches(t, installer.URL, installer.Digest, "windows", named[installer.Architecture])
			processors = append(processors, installer.Architecture)
			var names []string
			for _, file := range installer.Files {
				if file.Path != file.Alias+".exe" {
					t.Errorf("%s is called %s", file.Path, file.Alias)
				}
				names = append(names, file.Alias)
			}
			if slices.Sort(names); installer.Type != "portable" || !slices.Equal(names, programs) {
				t.Errorf("%s: %+v", path, installer)
			}
		}
	}
	same(t, processors, slices.Sorted(maps.Keys(named)))
	same(t, kinds, []string{
		"dbxaccess.dbxaccess.installer.yaml installer", "dbxaccess.dbxaccess.locale.en-US.yaml defaultLocale", "dbxaccess.dbxaccess.yaml version",
	})
}
