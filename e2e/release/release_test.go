package release

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// programs are in each package, on each system.
var programs = []string{"dbxaccess", "dbxaccess-admin"}

// thirdParty has the licences of what they are linked with.
const thirdParty = "THIRD-PARTY-LICENSES.txt"

// dist is where goreleaser has put the release.
func dist(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("DBXACCESS_RELEASE")
	if dir == "" {
		t.Skip("there is no release to try: make release-check")
	}
	return dir
}

// made are the files of a release that a pattern names; none is an error.
func made(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dist(t), pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("the release has no %s (%v)", pattern, err)
	}
	return found
}

// manual are the pages of the repository, by file name.
func manual(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("../../man/*.1")
	if err != nil || len(found) < 20 {
		t.Fatalf("%d manual pages (%v)", len(found), err)
	}
	for i, path := range found {
		found[i] = filepath.Base(path)
	}
	return found
}

// inArchive are the files in a tar file, compressed or not, with their times. An Alpine package is several, one behind the other.
func inArchive(t *testing.T, packed io.Reader) map[string]time.Time {
	t.Helper()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]time.Time{}
	for r := tar.NewReader(unpacked); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeReg {
			files[strings.TrimPrefix(header.Name, "./")] = header.ModTime
		}
	}
}

// metadata is what goreleaser says of the release.
func metadata(t *testing.T) (is struct{ Version, Commit string }) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dist(t), "metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &is); err != nil {
		t.Fatal(err)
	}
	return is
}

// ofCommit fails if files are of another time than the commit: the next build of it would be another archive.
func ofCommit(t *testing.T, files map[string]time.Time) {
	t.Helper()
	when, err := time.Parse(time.RFC3339, strings.TrimSpace(output(t, "git", "show", "-s", "--format=%cI", metadata(t).Commit)))
	if err != nil {
		t.Fatal(err)
	}
	for name, is := range files {
		if !is.Equal(when) {
			t.Errorf("%s is of %v, the commit of %v", name, is, when)
		}
	}
}

// Whoever follows docs/installing.md gets the released program.
func TestTheProgramIsThatOfTheSource(t *testing.T) {
	path := made(t, "dbxaccess_"+runtime.GOOS+"_"+runtime.GOARCH+"*/dbxaccess")[0]
	again := filepath.Join(t.TempDir(), "dbxaccess")
	build := exec.CommandContext(t.Context(), "go", "build", "-C", "../..", "-trimpath", "-buildvcs=true",
		"-ldflags", "-s -w -X main.version=v"+metadata(t).Version, "-o", again, "./cmd/dbxaccess")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	released, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	built, err := os.ReadFile(again)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(released, built) {
		t.Errorf("they differ, of %d and %d bytes", len(released), len(built))
	}
}

// What each program says that it is linked with, on every system, has its licence in the file that goes along.
func TestEachModulesLicenceGoesAlong(t *testing.T) {
	dist(t)
	text, err := os.ReadFile("../../bin/" + thirdParty)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Concat(made(t, "dbxaccess*/dbxaccess"), made(t, "dbxaccess*/dbxaccess-admin"), made(t, "dbxaccess*/dbxaccess*.exe")) {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"\nGo, its runtime and standard library, " + info.GoVersion + ": LICENSE\n"}
		for _, module := range info.Deps {
			want = append(want, "\n"+module.Path+" "+module.Version+": ")
		}
		for _, line := range want {
			if !bytes.Contains(text, []byte(line)) {
				t.Errorf("%s of %s lacks%s", thirdParty, path, line)
			}
		}
		if len(want) < 30 {
			t.Errorf("%s says that it is linked with %d modules", path, len(want))
		}
	}
}

// linksOf are the files that a page of the repository leads to.
func linksOf(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, link := range regexp.MustCompile(`\]\(([^)#:]+)[^):]*\)`).FindAllStringSubmatch(string(text), -1) {
		if info, err := os.Stat("../../" + link[1]); err != nil {
			t.Error(err)
		} else if !info.IsDir() {
			files = append(files, link[1])
		}
	}
	if len(files) < 20 {
		t.Errorf("%s leads to these alone: %q", page, files)
	}
	return files
}

func TestArchives(t *testing.T) {
	want := slices.Concat([]string{"LICENSE", "README.md", thirdParty}, []string{
		"completions/_dbxaccess", "completions/dbxaccess.bash", "completions/dbxaccess.fish", "completions/dbxaccess.nu", "completions/dbxaccess.ps1",
	})
	for _, page := range manual(t) {
		want = append(want, "man/"+page)
	}
	want = append(want, linksOf(t, "README.md")...)
	for _, path := range made(t, "*.tar.gz") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			file, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			files := inArchive(t, file)
			for _, name := range slices.Concat(want, programs) {
				if _, there := files[name]; !there {
					t.Errorf("it lacks %s", name)
				}
			}
			ofCommit(t, files)
		})
	}
	for _, path := range made(t, "*_windows_*.zip") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive, err := zip.OpenReader(path)
			if err != nil {
				t.Fatal(err)
			}
			defer archive.Close()
			for _, name := range slices.Concat(want, []string{"dbxaccess.exe", "dbxaccess-admin.exe"}) {
				if file, err := archive.Open(name); err != nil {
					t.Errorf("it lacks %s", name)
				} else if err := file.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// The checksums name whatever else is published, and are right.
func TestChecksums(t *testing.T) {
	text, err := os.ReadFile(made(t, "checksums.txt")[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Concat(made(t, "*.tar.gz"), made(t, "*.zip"), made(t, "*.deb"), made(t, "*.rpm"), made(t, "*.apk")) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if line := hex.EncodeToString(sum[:]) + "  " + filepath.Base(path); !bytes.Contains(text, []byte(line+"\n")) {
			t.Errorf("checksums.txt lacks: %s", line)
		}
	}
}

func TestHomebrew(t *testing.T) {
	text, err := os.ReadFile(made(t, "homebrew/Casks/dbxaccess.rb")[0])
	if err != nil {
		t.Fatal(err)
	}
	cask := string(text)
	want := []string{`cask "dbxaccess" do`, "sha256 ", `url "https://github.com/dbxaccess/dbxaccess/releases/download/`, "on_intel", "on_arm"}
	for _, name := range programs {
		want = append(want, `binary "`+name+`"`)
	}
	for _, page := range manual(t) {
		want = append(want, `manpage "man/`+page+`"`)
	}
	for _, shell := range []string{"bash", "fish", "zsh"} {
		want = append(want, shell+"_completion ")
	}
	for _, line := range want {
		if !strings.Contains(cask, line) {
			t.Errorf("the cask lacks %s:\n%s", line, cask)
		}
	}
	if strings.Count(cask, " do\n") != strings.Count(cask, "end\n") {
		t.Errorf("blocks and their ends do not match:\n%s", cask)
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
	if manifest.Version == "" || manifest.License != "Apache-2.0" || len(manifest.Architecture) == 0 {
		t.Errorf("%s", text)
	}
	for name, is := range manifest.Architecture {
		if !slices.Equal(is.Bin, []string{"dbxaccess.exe", "dbxaccess-admin.exe"}) || len(is.Hash) != 64 || !strings.HasSuffix(is.URL, ".zip") {
			t.Errorf("%s: %+v", name, is)
		}
	}
}

func TestWinget(t *testing.T) {
	for _, path := range made(t, "winget/manifests/d/dbxaccess/dbxaccess/*/dbxaccess.dbxaccess*.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var manifest struct {
			PackageIdentifier string `yaml:"PackageIdentifier"`
			Installers        []struct {
				Type  string `yaml:"NestedInstallerType"`
				Files []struct {
					Path  string `yaml:"RelativeFilePath"`
					Alias string `yaml:"PortableCommandAlias"`
				} `yaml:"NestedInstallerFiles"`
			} `yaml:"Installers"`
		}
		if err := yaml.Unmarshal(text, &manifest); err != nil {
			t.Fatal(err)
		}
		if manifest.PackageIdentifier != "dbxaccess.dbxaccess" {
			t.Errorf("%s is of %q", path, manifest.PackageIdentifier)
		}
		if strings.HasSuffix(path, ".installer.yaml") && len(manifest.Installers) == 0 {
			t.Errorf("%s installs nothing", path)
		}
		for _, installer := range manifest.Installers {
			var names []string
			for _, file := range installer.Files {
				names = append(names, file.Alias)
			}
			if slices.Sort(names); installer.Type != "portable" || !slices.Equal(names, programs) {
				t.Errorf("%s: %+v", path, installer)
			}
		}
	}
}
