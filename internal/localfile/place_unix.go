//go:build unix

package localfile

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// currentAccount goes by the number: user.Current falls back on the environment.
func currentAccount() (*user.User, error) { return user.LookupId(strconv.Itoa(os.Geteuid())) }

// OtherOwner returns who owns a file if that is not the effective user.
func OtherOwner(info fs.FileInfo) (owner string, other bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() {
		return "", false
	}
	id := strconv.FormatUint(uint64(stat.Uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return "user " + u.Username, true
	}
	return "user id " + id, true
}

// foreign is OtherOwner for owners other than root.
func foreign(info fs.FileInfo) (owner string, other bool) {
	owner, other = OtherOwner(info)
	stat, ok := info.Sys().(*syscall.Stat_t)
	return owner, other && ok && stat.Uid != 0 && (!info.IsDir() || !unmapped(stat.Uid))
}

// MayMake refuses to make something in a directory, or in what there is of the way to it, that belongs to another person:
// what root makes in a person's home, they can neither read nor remove.
func MayMake(dir string) error {
	for {
		info, err := os.Stat(dir)
		if err == nil {
			if owner, other := foreign(info); other {
				return ui.Errorf("place-of-other-user", ui.Failed, "%s belongs to %s, not to the user who runs this; nothing is made in it", ui.Clean(dir), owner).
					With(ui.Advice("run the command as that user (without sudo), or have HOME name your own home directory (sudo -H)"))
			}
			return nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}

// remedy goes by whose the place is.
func remedy(path string) ui.Fix {
	var nearest, theirs, owner string // what there is of the path; what is another's, as far up as that goes; whose
	for at := path; ; at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err == nil {
			if nearest == "" {
				nearest = ui.Quote(ui.Clean(at))
			}
			name, other := OtherOwner(info)
			switch {
			case other:
				theirs, owner = at, name
			case theirs == "":
				return ui.Command("chmod u+rwX " + nearest)
			default:
				return ui.Command("sudo chown -R " + ownName() + " " + ui.Quote(ui.Clean(theirs)))
			}
		}
		if at == filepath.Dir(at) {
			return ui.Advice("it belongs to " + owner + "; name a place of your own")
		}
	}
}

// ownName is this user as chown(1) takes it.
func ownName() string {
	if account, err := currentAccount(); err == nil && ui.IsPlain(account.Username, "._-") {
		return account.Username
	}
	return strconv.Itoa(os.Geteuid())
}

// Kinds of refusal that are not about an owner or a mode.
var (
	readOnly  error = syscall.EROFS
	forbidden error = syscall.EPERM
)
