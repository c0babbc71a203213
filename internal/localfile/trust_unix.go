//go:build unix

package localfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// withoutWaiting: opening a pipe waits for its other end otherwise; and a terminal must not become ours.
const withoutWaiting = syscall.O_NONBLOCK | syscall.O_NOCTTY

// maxLinks on the way to a file, as in Linux (path_resolution(7)).
const maxLinks = 40

// trusted judges the file at an absolute path and the way to it.
func trusted(path string, info fs.FileInfo) error {
	if err := judge(path, info, false); err != nil {
		return err
	}
	return trustedWay(path)
}

// MayKeep is MayMake for files that ReadTrusted is to read: it also refuses a directory where that would refuse each of them.
func MayKeep(dir string) error {
	err := MayMake(dir)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err == nil {
		err = trustedWay(filepath.Join(dir, "file"))
	}
	if errors.Is(err, fs.ErrNotExist) { // what there is of the way is trusted
		return nil
	}
	return err
}

// trustedWay walks to a file as the kernel does, so that directories in which links lie are judged too.
func trustedWay(path string) error {
	at, rest := "/", elements(path)
	for links := 0; ; {
		dir, err := os.Lstat(at)
		if err != nil {
			return withoutPath(err)
		}
		switch dir.Mode().Type() {
		case fs.ModeSymlink:
			to, err := os.Readlink(at)
			if links++; err == nil && links > maxLinks {
				err = syscall.ELOOP
			}
			if err == nil {
				err = judge(at, dir, true) // in a directory with the sticky bit, its owner can turn it elsewhere
			}
			if err != nil {
				return withoutPath(err)
			}
			if at = filepath.Dir(at); filepath.IsAbs(to) {
				at = "/"
			}
			rest = append(elements(to), rest...)
		case fs.ModeDir:
			if err := judge(at, dir, len(rest) > 1); err != nil {
				return err
			}
		}
		if len(rest) == 0 {
			return nil
		}
		at, rest = filepath.Join(at, rest[0]), rest[1:]
	}
}

// elements are those of a path, without the root.
func elements(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// judge refuses what another user owns or may write. passing: it is not the file's own directory, so that the sticky
// bit will do.
func judge(path string, info fs.FileInfo, passing bool) error {
	shown := ui.Clean(path)
	if owner, other := foreign(info); other {
		return ui.Errorf("file-untrusted-owner", ui.Failed,
			"%s belongs to %s, who could have other programs run as you; it is not used", shown, owner).
			With(ui.Advice("look at what is in it; if it is right, keep a copy of your own, in a directory of your own"))
	}
	if passing && info.Mode()&fs.ModeSticky != 0 || !othersMay(path, info, 0o022) {
		return nil
	}
	return ui.Errorf("file-untrusted-mode", ui.Failed,
		"%s can be written by other users (mode %04o), who could have other programs run as you; it is not used", shown, info.Mode().Perm()).
		With(ui.Command("chmod go-w " + ui.Quote(shown)))
}

// OthersMay reports what users other than this one and root may do with a file or directory by its owner and mode, links
// followed; both false if there is none. A directory with the sticky bit, in which each may only remove what is theirs,
// counts as not writable, and a device as neither: its mode is the system's business.
func OthersMay(path string) (read, write bool) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		return false, false
	}
	if _, other := foreign(info); other {
		return true, true
	}
	return othersMay(path, info, 0o044), othersMay(path, info, 0o022) && info.Mode()&fs.ModeSticky == 0
}

// Close is what takes from others what OthersMay reports: a change of the mode, as in go-w, or of the owner.
func Close(path, change string) ui.Fix {
	shown := ui.Quote(ui.Clean(path))
	if info, err := os.Stat(path); err == nil {
		if _, other := foreign(info); other {
			return ui.Command("sudo chown " + ownName() + " " + shown)
		}
	}
	return ui.Command("chmod " + change + " " + shown)
}

// othersMay reports whether these bits of a mode hold for another user.
func othersMay(path string, info fs.FileInfo, bits fs.FileMode) bool {
	set := info.Mode().Perm() & bits
	if set == 0 || info.Mode()&fs.ModeSymlink != 0 { // a link's own mode has no meaning
		return false
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && set&0o007 == 0 && onlyOurs(stat.Gid) && !hasList(path) {
		return false
	}
	return bits&0o022 == 0 || !info.IsDir() || !onReadOnly(path)
}
