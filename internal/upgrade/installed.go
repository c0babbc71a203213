package upgrade

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
	Nix      Way = "nix"
	Go       Way = "go"
	Deb      Way = "deb"
	APK      Way = "apk"
	Zypper   Way = "zypper"
	RPM      Way = "rpm"
	Archive  Way = "archive" // or anything else: by hand
)

// row is a way: how it is told, and what upgrades and removes. A way without a command for one of both is by hand in it.
type row struct {
	way    Way
	within []string // parts of the program's path, one of which it has, in small letters
	module bool     // the program was built as a Go module by its version
	// packages are files of the system's packages, one of which is there; the program is in /usr/bin then. besides have all to be there, too.
	packages, besides []string

	file            string // what of the release is installed
	upgrade, remove string // VERSION stands for the newest release's number
	words           bool   // the two are no commands
}

// rpmPackages are the databases of rpm: sqlite on Fedora and RHEL 9, Berkeley's before, ndb on openSUSE; at either place.
var rpmPackages = []string{
	"/var/lib/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages", "/usr/lib/sysimage/rpm/Packages",
	"/var/lib/rpm/Packages.db", "/usr/lib/sysimage/rpm/Packages.db",
}

// brought is a file that our packages for rpm and apk bring: their databases alone say only that there are such packages.
const brought = "/usr/share/licenses/dbxaccess/LICENSE"

// rows are the ways, the first that fits first.
var rows = []row{
	{way: Homebrew, within: []string{"/cellar/", "/caskroom/"}, upgrade: "brew upgrade dbxaccess", remove: "brew uninstall dbxaccess"},
	{way: Scoop, within: []string{"/scoop/apps/", "/scoop/shims/"}, upgrade: "scoop update dbxaccess", remove: "scoop uninstall dbxaccess"},
	{
		way: Winget, within: []string{"/winget/packages/", "/winget/links/"},
		upgrade: "winget upgrade dbxaccess.dbxaccess", remove: "winget uninstall dbxaccess.dbxaccess",
	},
	{
		way: Nix, within: []string{"/nix/store/"}, words: true,
		upgrade: "update what has dbxaccess in your Nix profile or configuration", remove: "take dbxaccess out of your Nix profile or configuration",
	},
	{way: Go, module: true, upgrade: "CGO_ENABLED=0 go install github.com/dbxaccess/dbxaccess/cmd/dbxaccess@vVERSION " +
		"github.com/dbxaccess/dbxaccess/cmd/dbxaccess-admin@vVERSION"},
	{
		way: Deb, packages: []string{"/var/lib/dpkg/info/dbxaccess.list"}, file: ".deb",
		upgrade: "sudo apt install ./dbxaccess_*.deb", remove: "sudo apt purge dbxaccess",
	},
	{
		way: APK, packages: []string{"/lib/apk/db/installed", "/usr/lib/apk/db/installed"}, besides: []string{brought}, file: ".apk",
		upgrade: "sudo apk add --allow-untrusted ./dbxaccess_*.apk", remove: "sudo apk del dbxaccess",
	},
	{
		way: Zypper, packages: rpmPackages, besides: []string{brought, "/usr/bin/zypper"}, file: ".rpm",
		upgrade: "sudo zypper install --allow-unsigned-rpm ./dbxaccess_*.rpm", remove: "sudo zypper remove dbxaccess",
	},
	{
		way: RPM, packages: rpmPackages, besides: []string{brought}, file: ".rpm",
		upgrade: "sudo dnf install ./dbxaccess_*.rpm", remove: "sudo dnf remove dbxaccess",
	},
}

// Here is how the running program was installed, and where it is, links followed; module as in WayOf.
func Here(module bool) (w Way, path string) {
	path, _ = os.Executable() // without one nothing is told by it
	return At(path, module)
}

// At is Here of the program at a path.
func At(path string, module bool) (w Way, resolved string) {
	if end, err := filepath.EvalSymlinks(path); err == nil {
		path = end
	}
	return WayOf(path, module, func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}), path
}

// WayOf tells it by the program's path, links followed, and what the system's packages hold. module: it was built as a Go module by its
// version, as go install does.
func WayOf(path string, module bool, exists func(path string) bool) Way {
	p := strings.ToLower(strings.ReplaceAll(path, `\`, "/"))
	for _, r := range rows {
		switch {
		case slices.ContainsFunc(r.within, func(part string) bool { return strings.Contains(p, part) }):
			return r.way
		case r.module && module:
			return r.way
		case strings.HasPrefix(p, "/usr/bin/") && slices.ContainsFunc(r.packages, exists) &&
			!slices.ContainsFunc(r.besides, func(path string) bool { return !exists(path) }):
			return r.way
		}
	}
	return Archive
}

func (w Way) row() row {
	if i := slices.IndexFunc(rows, func(r row) bool { return r.way == w }); i >= 0 {
		return rows[i]
	}
	return row{}
}

// Fix is what brings a release to where the program is.
func (w Way) Fix(newest, path string) ui.Fix {
	r := w.row()
	said := strings.ReplaceAll(r.upgrade, "VERSION", strings.TrimPrefix(newest, "v"))
	switch {
	case r.upgrade == "":
		return ui.Advice("put the programs of " + page + newest + " in the place of those in " + ui.Clean(filepath.Dir(path)))
	case r.words:
		return ui.Advice(said)
	case r.file != "":
		return append(ui.Advice("with the "+r.file+" of "+page+newest+", once it is verified as docs/installing.md says:"), ui.Command(said)...)
	}
	return ui.Command(said)
}

// Removal is what takes the programs at these paths away.
func (w Way) Removal(paths []string) ui.Fix {
	switch r := w.row(); {
	case r.remove == "":
	case r.words:
		return ui.Advice(r.remove)
	default:
		return ui.Command(r.remove)
	}
	remove := "rm"
	if runtime.GOOS == "windows" {
		remove = "Remove-Item"
	}
	for _, path := range paths {
		remove += " " + ui.Word(ui.Clean(path))
	}
	return ui.Command(remove)
}
