package upgrade

import (
	"path/filepath"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Way is how the program was installed.
type Way string

// The ways.
const (
	Homebrew Way = "homebrew"
	Scoop    Way = "scoop"
	Winget   Way = "winget"
	Deb      Way = "deb"
	RPM      Way = "rpm"
	Go       Way = "go"
	Archive  Way = "archive" // or anything else
)

// WayOf tells it by the program's path, links followed, and what the system's packages hold. module: it was built as a Go module by its
// version, as go install does.
func WayOf(path string, module bool, exists func(path string) bool) Way {
	p := strings.ToLower(strings.ReplaceAll(path, `\`, "/"))
	switch {
	case strings.Contains(p, "/cellar/") || strings.Contains(p, "/caskroom/"):
		return Homebrew
	case strings.Contains(p, "/scoop/apps/"):
		return Scoop
	case strings.Contains(p, "/winget/packages/"):
		return Winget
	case module:
		return Go
	case strings.HasPrefix(p, "/usr/bin/") && exists("/var/lib/dpkg/info/dbxaccess.list"):
		return Deb
	case strings.HasPrefix(p, "/usr/bin/") && (exists("/var/lib/rpm/rpmdb.sqlite") || exists("/usr/lib/sysimage/rpm/rpmdb.sqlite")):
		return RPM
	}
	return Archive
}

// Fix is what brings a release to where the program is.
func (w Way) Fix(newest, path string) ui.Fix {
	switch w {
	case Homebrew:
		return ui.Command("brew upgrade dbxaccess")
	case Scoop:
		return ui.Command("scoop update dbxaccess")
	case Winget:
		return ui.Command("winget upgrade dbxaccess")
	case Go:
		return ui.Command("CGO_ENABLED=0 go install github.com/dbxaccess/dbxaccess/cmd/dbxaccess@" + newest +
			" github.com/dbxaccess/dbxaccess/cmd/dbxaccess-admin@" + newest)
	case Deb:
		return append(ui.Advice("with the .deb of "+page+newest+":"), ui.Command("sudo apt install ./dbxaccess_*.deb")...)
	case RPM:
		return append(ui.Advice("with the .rpm of "+page+newest+":"), ui.Command("sudo dnf install ./dbxaccess*.rpm")...)
	case Archive:
	}
	return ui.Advice("put the programs of " + page + newest + " in the place of those in " + ui.Clean(filepath.Dir(path)))
}
