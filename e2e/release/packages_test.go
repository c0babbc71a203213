package release

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
	"github.com/dbxaccess/dbxaccess/e2e/internal/sandbox"
)

// output is what a command prints; it fails the test if the command does.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "MANPAGER=cat", "MANWIDTH=80", "LC_ALL=C.UTF-8", "TERM=dumb")
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, text)
	}
	return string(text)
}

// asRoot skips what only root may do: packages belong to root.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("this has to be root")
		}
		t.Skip("this has to be root")
	}
}

// installed are the files that a package puts below root, where zsh looks in zshDir and licenses are in one folder.
func installed(t *testing.T, zshDir, license string) []string {
	t.Helper()
	files := []string{
		"usr/bin/dbxaccess", "usr/bin/dbxaccess-admin", "usr/share/bash-completion/completions/dbxaccess",
		"usr/share/fish/vendor_completions.d/dbxaccess.fish", "usr/share/zsh/" + zshDir + "/_dbxaccess",
		license, filepath.Join(filepath.Dir(license), thirdParty),
	}
	for _, page := range manual(t) {
		files = append(files, "usr/share/man/man1/"+page)
	}
	slices.Sort(files)
	return files
}

// below are the files below root, without the package manager's own.
func below(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, root+"/")
		if name == "var" {
			return filepath.SkipDir
		}
		if err == nil && !entry.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func same(t *testing.T, have, want []string) {
	t.Helper()
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("it has\n%s\nand not\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

// Debian's package is installed in a root of its own, used as a person would, and removed.
func TestDeb(t *testing.T) {
	for _, path := range made(t, "*.deb") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			system, processor := platformOf(t, path)
			if is, want := output(t, "dpkg-deb", "--show", "--showformat=${Package} ${Architecture}", path), "dbxaccess "+processor; is != want {
				t.Errorf("it is %s and not %s", is, want)
			}
			files := inArchive(t, strings.NewReader(output(t, "dpkg-deb", "--fsys-tarfile", path)))
			same(t, slices.Collect(maps.Keys(files)), installed(t, "vendor-completions", "usr/share/doc/dbxaccess/copyright"))
			proper(t, files, system, processor)
		})
	}
	path := made(t, "*_linux_"+runtime.GOARCH+".deb")[0]
	asRoot(t)
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"info", "updates", "triggers"} {
		if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"status", "available"} {
		if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg", file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dpkg := func(args ...string) {
		output(t, "dpkg", append([]string{"--root=" + root, "--force-unsafe-io"}, args...)...)
	}
	dpkg("--install", path)
	same(t, below(t, root), installed(t, "vendor-completions", "usr/share/doc/dbxaccess/copyright"))
	used(t, root)
	dpkg("--purge", "dbxaccess")
	same(t, below(t, root), nil)
}

// completing prints, in shells that can't be asked, what `dbxaccess lo` becomes by the files below $0, with the programs of $1. bash's
// compopt is for completion at a terminal and complains elsewhere; zsh's _describe is what would show the words.
var completing = map[string]string{
	"bash": `PATH="$1:$PATH"; source "$0/bash-completion/completions/dbxaccess" && by=$(complete -p dbxaccess) && by=${by##* -F } || exit
COMP_LINE="dbxaccess lo" COMP_POINT=12 COMP_WORDS=(dbxaccess lo) COMP_CWORD=1
${by%% *} dbxaccess lo dbxaccess 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"`,
	"zsh": `fpath=("$0/zsh/vendor-completions" $fpath) path=("$1" $path); autoload -Uz compinit; compinit -u -D
words=(dbxaccess lo) CURRENT=2 PREFIX=lo
_describe() { print -rl -- ${${(@P)4}%%:*} }
$_comps[dbxaccess]`,
}

// used signs in with what was installed below root, reads the manual and has shells complete.
func used(t *testing.T, root string) {
	t.Helper()
	share := filepath.Join(root, "usr/share")
	for page, want := range map[string]string{"dbxaccess": "COMMANDS", "dbxaccess-exec": "SYNOPSIS"} {
		if text := output(t, "man", "-M", filepath.Join(share, "man"), page); !strings.Contains(text, want) {
			t.Errorf("man %s:\n%s", page, text)
		}
	}
	for _, page := range manual(t) {
		if text := output(t, "sh", "-c", `man -l --warnings=w "$0" 2>&1 >/dev/null`, filepath.Join(share, "man/man1", page)); text != "" {
			t.Errorf("man -l %s:\n%s", page, text)
		}
	}
	for shell, script := range completing {
		text := output(t, shell, "-c", script, share, filepath.Join(root, "usr/bin"))
		if lines := strings.Fields(text); len(lines) != 2 || lines[0] != "login" || lines[1] != "logout" {
			t.Errorf("%s completes: %s", shell, text)
		}
	}

	bin := t.TempDir()
	double, err := laptop.Build("../..", "./cmd/sandbox", bin, runtime.GOOS)
	if err != nil {
		t.Fatal(err)
	}
	s := sandbox.Start(t, double, "")
	l := laptop.New(t, filepath.Join(root, "usr/bin/dbxaccess"))
	l.Set("PATH", filepath.Join(root, "usr/bin")+":/usr/bin:/bin")
	l.Set("DBXACCESS_KEYRING_BACKEND", "file")
	l.Set("DBXACCESS_KEYRING_PASSPHRASE", "only for this test")
	l.Set("AWS_ENDPOINT_URL_STS", s.STSURL)
	l.Set("DBXACCESS_MAP", s.Map)
	text := output(t, "fish", "--no-config", "-c",
		`set -p PATH $argv[1]/usr/bin; source $argv[1]/usr/share/fish/vendor_completions.d/dbxaccess.fish; complete -C "dbxaccess lo"`, root)
	if !strings.HasPrefix(text, "login\t") || !strings.Contains(text, "\nlogout\t") {
		t.Errorf("fish completes: %s", text)
	}
	login(t, l)
	for _, args := range [][]string{{"status"}, {"drift", "--help"}} { // the second is in the other program
		if r := l.Run(t, args...); r.Code != 0 {
			t.Errorf("%v ended with %d\n%s", args, r.Code, r.Stderr)
		}
	}
	said := l.Run(t, "version", "-o", "json")
	for _, part := range []string{`"revision": "` + metadata(t).Commit + `"`, `"go": "go1.`, `"dependencies_digest": "sha256:`, `"static": true`} {
		if !strings.Contains(said.Stdout, part) || strings.Contains(said.Stdout, "modified") {
			t.Errorf("it does not say %s of itself, or more than the commit: %s%s", part, said.Stdout, said.Stderr)
		}
	}
	if r := l.Run(t, "credential-process", "--role", "ml-trainer"); r.Code != 0 || !strings.Contains(r.Stdout, `"SecretAccessKey"`) {
		t.Errorf("credential-process ended with %d\n%s", r.Code, r.Stderr)
	}
}

var (
	verification = regexp.MustCompile(`http://127\.0\.0\.1:\d+/device`)
	userCode     = regexp.MustCompile(`\b[A-Z]{4}-[A-Z]{4}\b`)
)

// login signs alice in: dbxaccess says where to go and which code to enter, and she does.
func login(t *testing.T, l *laptop.Laptop) {
	t.Helper()
	running := l.StartProduct(t, "login", "--no-browser", "--role", "ml-trainer")
	var address, code string
	process.Eventually(t, time.Minute, "the address and the code", func() bool {
		said := running.Stderr.String()
		address, code = verification.FindString(said), userCode.FindString(said)
		return address != "" && code != "" || running.Ended()
	})
	if err := sandbox.Approve(t.Context(), address, code, sandbox.Alice); err != nil {
		t.Fatalf("%v\n%s", err, running.Stderr)
	}
	if r := running.Wait(); r.Code != 0 {
		t.Fatalf("login ended with %d\n%s", r.Code, r.Stderr)
	}
}

// rpmOf is how rpm and Alpine name processors.
var rpmOf = map[string]string{"amd64": "x86_64", "arm64": "aarch64"}

// Fedora's is judged by rpm itself, and installed in a root of its own.
func TestRPM(t *testing.T) {
	for _, path := range made(t, "*.rpm") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			output(t, "rpm", "--checksig", path)
			var files []string
			for name := range strings.Lines(output(t, "rpm", "-qlp", path)) {
				files = append(files, strings.TrimPrefix(strings.TrimSpace(name), "/"))
			}
			same(t, files, installed(t, "site-functions", "usr/share/licenses/dbxaccess/LICENSE"))
			_, processor := platformOf(t, path)
			if is, want := output(t, "rpm", "-qp", "--qf", "%{NAME} %{ARCH} %{LICENSE} %{BUILDHOST}", path),
				"dbxaccess "+rpmOf[processor]+" Apache-2.0 dbxaccess"; is != want {
				t.Errorf("it is %s and not %s", is, want)
			}
			properRPM(t, path)
		})
	}
	asRoot(t)
	root, path := t.TempDir(), made(t, "*_linux_"+runtime.GOARCH+".rpm")[0]
	rpm := []string{"--root", root, "--dbpath", "/var/lib/rpm"} // of its own, too: Debian has it in the home
	output(t, "rpm", append(rpm, "--initdb")...)
	output(t, "rpm", append(rpm, "--nodeps", "-i", path)...)
	if version := output(t, filepath.Join(root, "usr/bin/dbxaccess"), "version"); !strings.HasPrefix(version, "v") {
		t.Errorf("it is %s", version)
	}
	output(t, filepath.Join(root, "usr/bin/dbxaccess"), "drift", "--help") // which is in the other program
	output(t, "rpm", append(rpm, "--nodeps", "-e", "dbxaccess")...)
	same(t, below(t, root), nil)
}

// properRPM is proper of what rpm tells of a package.
func properRPM(t *testing.T, path string) {
	t.Helper()
	when := committed(t).Unix()
	for line := range strings.Lines(output(t, "rpm", "-qp", "--qf", `[%{FILENAMES} %{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEMTIMES}\n]`, path)) {
		name, is, _ := strings.Cut(strings.TrimSpace(line), " ")
		perms := "-rw-r--r--"
		if strings.HasPrefix(name, "/usr/bin/") {
			perms = "-rwxr-xr-x"
		}
		if want := fmt.Sprintf("%s root:root %d", perms, when); is != want {
			t.Errorf("%s is %s and not %s", name, is, want)
		}
	}
}

// Alpine's, of which there is no program here: what it holds, and of when.
func TestAPK(t *testing.T) {
	for _, path := range made(t, "*.apk") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			files := inGzip(t, path)
			about := string(files[".PKGINFO"].content)
			delete(files, ".PKGINFO")
			system, processor := platformOf(t, path)
			for _, line := range []string{"pkgname = dbxaccess\n", "license = Apache-2.0\n", "arch = " + rpmOf[processor] + "\n"} {
				if !strings.Contains(about, line) {
					t.Errorf("it lacks %q of itself:\n%s", line, about)
				}
			}
			same(t, slices.Collect(maps.Keys(files)), installed(t, "site-functions", "usr/share/licenses/dbxaccess/LICENSE"))
			proper(t, files, system, processor)
		})
	}
}
