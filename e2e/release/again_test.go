package release

import (
	"crypto/sha256"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// winget is told when a manifest was written.
var written = regexp.MustCompile(`(?m)^ReleaseDate: .*$`)

// Whoever makes the release of a commit, elsewhere, later, in another time zone and with files that are theirs alone, makes these files: all
// archives and packages, and what tells others of them. What Go has compiled is taken over; it is linked and packed again.
func TestTheNextReleaseOfTheCommitIsTheSame(t *testing.T) {
	first, commit := dist(t), metadata(t).Commit
	if changed := output(t, "git", "-C", "../..", "status", "--porcelain"); changed != "" {
		t.Fatalf("it is of no commit: commit first what changed, and make it again:\n%s", changed)
	}
	clone := filepath.Join(t.TempDir(), "another folder")
	again := exec.CommandContext(t.Context(), "sh", "-euc",
		`umask 077; git clone --quiet ../.. "$1"; cd "$1"; git checkout --quiet --detach "$2"; exec make snapshot RELEASER="$3"`,
		"sh", clone, commit, os.Getenv("DBXACCESS_RELEASER"))
	again.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CACHE_HOME=", "TZ=Pacific/Kiritimati", "MAKEFLAGS=", "MAKELEVEL=", "DBXACCESS_RELEASE=",
		"GIT_CONFIG_GLOBAL="+filepath.Join(os.Getenv("HOME"), ".gitconfig"))
	for _, name := range []string{"GOENV", "GOCACHE", "GOMODCACHE"} {
		again.Env = append(again.Env, name+"="+strings.TrimSpace(output(t, "go", "env", name)))
	}
	if said, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	one, other := given(t, first), given(t, filepath.Join(clone, "dist"))
	same(t, slices.Collect(maps.Keys(other)), slices.Sorted(maps.Keys(one)))
	for name, digest := range one {
		if other[name] != digest {
			t.Errorf("%s differs", name)
		}
	}
	if len(one) < len(digests(t)) {
		t.Errorf("there are %d files alone", len(one))
	}
}

// given are the digests of the files below dist that others get, by name.
func given(t *testing.T, dist string) map[string][sha256.Size]byte {
	t.Helper()
	files := map[string][sha256.Size]byte{}
	err := filepath.WalkDir(dist, func(path string, entry fs.DirEntry, err error) error {
		name, ours := strings.CutPrefix(path, dist+"/")
		switch {
		case err != nil || !ours:
			return err
		case entry.IsDir() && strings.HasPrefix(name, "dbxaccess"): // a program, before it is packed
			return filepath.SkipDir
		case entry.IsDir(), slices.Contains([]string{"artifacts.json", "config.yaml", "metadata.json"}, name): // goreleaser's own
			return nil
		}
		content, err := os.ReadFile(path)
		if strings.HasPrefix(name, "winget/") {
			content = inOneOrder(written.ReplaceAll(content, nil))
		}
		files[name] = sha256.Sum256(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// inOneOrder is a manifest of winget's with its installers sorted: goreleaser names them in the order in which their archives were ready.
func inOneOrder(manifest []byte) []byte {
	const begins = "\n  - Architecture: "
	head, installers, ok := strings.Cut(string(manifest), begins)
	if !ok {
		return manifest
	}
	installers, foot, _ := strings.Cut(installers, "\nManifestType: ")
	each := strings.Split(installers, begins)
	slices.Sort(each)
	return []byte(head + begins + strings.Join(each, begins) + "\nManifestType: " + foot)
}

func TestInstallersAreComparedInOneOrder(t *testing.T) {
	const one, other = "\n  - Architecture: arm64\n    x: 1", "\n  - Architecture: x64\n    x: 2"
	a, b := inOneOrder([]byte("Installers:"+one+other+"\nManifestType: installer\n")), inOneOrder([]byte("Installers:"+other+one+"\nManifestType: installer\n"))
	if string(a) != string(b) || string(a) != "Installers:"+one+other+"\nManifestType: installer\n" {
		t.Errorf("%s\n%s", a, b)
	}
	if c := inOneOrder([]byte("Installers:" + one + "\nManifestType: installer\n")); string(c) == string(a) {
		t.Error("one that lacks an installer is the same")
	}
}
