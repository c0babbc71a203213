//go:build unix

package localfile

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A pipe waits for its writer, and some devices never end.
func TestWhatIsNoFileIsNeitherWaitedForNorReadForEver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe, zero, socket, loop := filepath.Join(dir, "pipe"), filepath.Join(dir, "zero"), filepath.Join(dir, "s"), filepath.Join(dir, "loop")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Symlink("/dev/zero", zero), os.Symlink(loop, loop)); err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for path, want := range map[string]error{
		pipe: ErrNotRegular, zero: ErrNotRegular, os.DevNull: ErrNotRegular, "/dev/tty": nil, socket: nil, loop: syscall.ELOOP,
	} {
		if _, _, err := Read(path, 8); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
		if _, _, err := ReadTrusted(path, 8); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s, trusted: %v", path, err)
		}
	}
}

// Each case changes one thing about a file that is trusted, HOME/.config/app/config.yaml.
func TestWhatOthersCouldHaveWrittenIsNotTrusted(t *testing.T) {
	t.Parallel()
	const another = 54321
	chmod := func(path string, mode os.FileMode) func(string) error {
		return func(home string) error { return os.Chmod(filepath.Join(home, path), mode) }
	}
	chown := func(path string, uid int) func(string) error {
		return func(home string) error { return os.Lchown(filepath.Join(home, path), uid, -1) }
	}
	const app, file = ".config/app", ".config/app/config.yaml"
	for name, c := range map[string]struct {
		change func(home string) error
		id     ui.ID // "": it is trusted
		says   string
	}{
		"as it is":              {chmod(file, 0o644), "", ""},
		"the file, by all":      {chmod(file, 0o646), "file-untrusted-mode", "chmod go-w 'HOME/.config/app/config.yaml'"},
		"its directory":         {chmod(app, 0o707), "file-untrusted-mode", "chmod go-w 'HOME/.config/app'"},
		"a sticky one":          {chmod(app, 0o707|os.ModeSticky), "file-untrusted-mode", "chmod go-w 'HOME/.config/app'"},
		"one above":             {chmod(".config", 0o707), "file-untrusted-mode", "chmod go-w 'HOME/.config'"},
		"a sticky one above":    {chmod(".config", 0o707|os.ModeSticky), "", ""},
		"the file, another's":   {chown(file, another), "file-untrusted-owner", "belongs to user id 54321"},
		"the directory":         {chown(app, another), "file-untrusted-owner", "HOME/.config/app belongs to user id 54321"},
		"one above, another's":  {chown(".config", another), "file-untrusted-owner", "HOME/.config belongs to user id 54321"},
		"the home, another's":   {chown("", another), "file-untrusted-owner", "HOME belongs to user id 54321"},
		"through a link":        {link(false), "", ""},
		"a link in an open one": {link(true), "file-untrusted-mode", "chmod go-w 'HOME/open'"},
		"a link of another":     {link(false, another), "file-untrusted-owner", "HOME/.config/app/config.yaml belongs to"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			path := write(t, filepath.Join(home, file), "x")
			if err := c.change(home); errors.Is(err, os.ErrPermission) {
				t.Skip("only root can give files away")
			} else if err != nil {
				t.Fatal(err)
			}
			_, _, err := ReadTrusted(path, 8)
			said := strings.ReplaceAll(strings.Join([]string{errorText(err), ui.HintOf(err)}, "\n"), home, "HOME")
			if (err != nil) != (c.id != "") || ui.IDOf(err) != c.id || !strings.Contains(said, c.says) {
				t.Errorf("%v: %s", ui.IDOf(err), said)
			}
			if again := Trusted(path); ui.IDOf(again) != c.id || (again == nil) != (err == nil) {
				t.Errorf("without reading: %v", again)
			}
			if _, _, err := Read(path, 8); err != nil {
				t.Errorf("read plainly: %v", err)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// link moves the file to HOME/real and leaves a link to it: through HOME/open, which is a link too and lies in an open
// directory if open is set. owner is that of the link.
func link(open bool, owner ...int) func(home string) error {
	return func(home string) error {
		file, moved, way := filepath.Join(home, ".config/app/config.yaml"), filepath.Join(home, "real"), filepath.Join(home, "open")
		err := errors.Join(os.Mkdir(way, 0o700), os.Rename(file, moved), os.Symlink("../real", filepath.Join(way, "there")),
			os.Symlink("../../open/there", file))
		if open {
			err = errors.Join(err, os.Chmod(way, 0o703))
		}
		for _, uid := range owner {
			err = errors.Join(err, os.Lchown(file, uid, -1))
		}
		return err
	}
}

// Nobody signs in for what is refused when it is read.
func TestWhereTrustedFilesMayBeKept(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	for mode, want := range map[os.FileMode][2]ui.ID{ // of the directory, and of one in it that is not there yet
		0o700: {"", ""}, 0o707: {"file-untrusted-mode", "file-untrusted-mode"}, 0o707 | os.ModeSticky: {"file-untrusted-mode", ""},
	} {
		if err := os.Chmod(base, mode); err != nil {
			t.Fatal(err)
		}
		for i, dir := range []string{base, filepath.Join(base, "none")} {
			if err := MayKeep(dir); ui.IDOf(err) != want[i] || (err == nil) != (want[i] == "") {
				t.Errorf("%v, %s: %v", mode, dir, err)
			}
		}
	}
}

// Who owns a file may write it, whatever its mode says.
func TestAFileOfAnotherIsOpenToThem(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "file"), "x")
	if got := Close(path, "go-w").String(); got != "chmod go-w '"+path+"'" {
		t.Errorf("ours: %q", got)
	}
	if err := os.Chown(path, 54321, -1); err != nil {
		t.Skip("only root can give files away")
	}
	if read, write := OthersMay(path); !read || !write {
		t.Errorf("read %v, write %v", read, write)
	}
	if got := Close(path, "go-w").String(); got != "sudo chown root '"+path+"'" {
		t.Errorf("another's: %q", got)
	}
}

// Under the umask of 002 of Debian and Fedora, new files are open to a group that nobody else is in.
func TestAGroupOfOneMayWrite(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "file"), "x")
	if err := os.Chmod(path, 0o664); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	gid := info.Sys().(*syscall.Stat_t).Gid
	if err := Trusted(path); (err == nil) != onlyOurs(gid) {
		t.Errorf("group %d: %v", gid, err)
	}
	if onlyOurs(54321) {
		t.Error("a group that nobody knows is trusted")
	}
}

// What sudo makes in a person's home stops them afterwards: it is not made, and what was made is given back.
func TestPlacesOfOthers(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	config := filepath.Join(home, ".config")
	if err := errors.Join(os.Mkdir(config, 0o700), MayMake(filepath.Join(config, "app", "keyring"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(config, "app", "file")
	if got := Remedy(path, syscall.EACCES).String(); got != "chmod u+rwX '"+config+"'" {
		t.Errorf("ours: %q", got)
	}
	if os.Geteuid() != 0 {
		if err := MayMake("/etc/x"); err != nil {
			t.Errorf("root's place: %v", err)
		}
		if got := Remedy("/etc/x", syscall.EACCES).String(); got != "it belongs to user root; name a place of your own" {
			t.Errorf("root's place: %q", got)
		}
		t.Skip("only root can give files away")
	}
	write(t, path, "x")
	if err := errors.Join(os.Chown(config, 54321, -1), os.Chown(path, 54322, -1)); err != nil {
		t.Fatal(err)
	}
	if err := MayMake(filepath.Join(config, "other")); ui.IDOf(err) != "place-of-other-user" || !strings.Contains(err.Error(), "user id 54321") {
		t.Errorf("got %v", err)
	}
	if got := Remedy(path, syscall.EACCES).String(); got != "sudo chown -R root '"+path+"'" {
		t.Errorf("below what is ours: %q", got)
	}
	if err := os.Chown(filepath.Dir(path), 54321, -1); err != nil {
		t.Fatal(err)
	}
	if got := Remedy(path, syscall.EACCES).String(); got != "sudo chown -R root '"+config+"'" {
		t.Errorf("all that is another's, and no more: %q", got)
	}
}
