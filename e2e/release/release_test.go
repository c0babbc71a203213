package release

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
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
	for _, path := range slices.Concat(made(t, "*.tar.gz"), made(t, "*.zip")) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			system, processor := platformOf(t, path)
			read, end := inGzip, ""
			if system == "windows" {
				read, end = inZip, ".exe"
			}
			files := read(t, path)
			for _, name := range append(slices.Clone(want), programs[0]+end, programs[1]+end) {
				if _, there := files[name]; !there {
					t.Errorf("it lacks %s", name)
				}
			}
			proper(t, files, system, processor)
		})
	}
}

// digests are what checksums.txt says of each file.
func digests(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(made(t, "checksums.txt")[0])
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for line := range strings.Lines(string(text)) {
		digest, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		of[name] = digest
	}
	return of
}

// The checksums name an archive for each system, and a package of each kind for Linux, and are right.
func TestChecksums(t *testing.T) {
	digests := digests(t)
	var want []string
	for _, platform := range platforms {
		for _, kind := range map[string][]string{"linux": {"tar.gz", "deb", "rpm", "apk"}, "darwin": {"tar.gz"}, "windows": {"zip"}}[platform.system] {
			want = append(want, "dbxaccess_"+metadata(t).Version+"_"+platform.system+"_"+platform.processor+"."+kind)
		}
	}
	same(t, slices.Collect(maps.Keys(digests)), slices.Sorted(slices.Values(want)))
	for name, digest := range digests {
		content, err := os.ReadFile(filepath.Join(dist(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != digest {
			t.Errorf("checksums.txt has another digest of %s than %x", name, sum)
		}
	}
}
