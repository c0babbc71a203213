package localfile

import (
	"io/fs"
	"os/user"

	"golang.org/x/sys/windows"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func currentAccount() (*user.User, error) { return user.Current() }

// OtherOwner reports none: access control lists decide here, not owners.
func OtherOwner(fs.FileInfo) (owner string, other bool) { return "", false }

// MayMake refuses nothing, for the same reason.
func MayMake(string) error { return nil }

func remedy(path string) ui.Fix {
	return ui.Advice("look at who may use " + ui.Clean(path) + ": its properties, Security")
}

// Kinds of refusal that are not about an owner or a list of rights; nothing is the second here.
var (
	readOnly  error = windows.ERROR_WRITE_PROTECT
	forbidden error = windows.ERROR_INVALID_FUNCTION
)
