package doctorcmd

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// bundleSystem is what a fault may hang on that the platform's name does not tell. Of the machine itself, as its name, nothing is in it.
type bundleSystem struct {
	ID        string `json:"id,omitempty"`         // of the release: debian, macos, windows
	Version   string `json:"version_id,omitempty"` // of the release; of Windows with the build
	Kernel    string `json:"kernel,omitempty"`
	Container bool   `json:"container"`
}

func systemOf(getenv func(string) string) bundleSystem {
	s := release()
	for _, word := range []*string{&s.ID, &s.Version, &s.Kernel} {
		if !ui.IsPlain(*word, "._+~-") || len(*word) > 100 { // what is no such word may be anything
			*word = ""
		}
	}
	s.Container = desktop.InContainer(getenv)
	return s
}

// osRelease reads ID and VERSION_ID of an os-release: https://www.freedesktop.org/software/systemd/man/latest/os-release.html
func osRelease(text string) (id, version string) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch value = strings.Trim(value, `"'`); name {
		case "ID":
			id = value
		case "VERSION_ID":
			version = value
		}
	}
	return id, version
}
