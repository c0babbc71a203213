package source

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/stamp"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Load parses a map from a file, to look at it. The stamp is of the state that was parsed or an earlier one, never a
// later one. Errors are *accessmap.Problems, or wrap the system's.
func Load(path string) (*accessmap.Map, Stamp, error) { return load(localfile.Read, path) }

// LoadTrusted is Load for a map to go by, as a file that the person named. It refuses one that others could have
// written, since a map names programs to run and who gets tokens.
func LoadTrusted(path string) (*accessmap.Map, Stamp, error) {
	m, stamp, err := load(localfile.ReadTrusted, path)
	if errors.Is(err, fs.ErrNotExist) {
		err = ui.Errorf("map-named-missing", ui.Failed, "there is no access map %s, which %s names", ui.Clean(path), settings.MapVariable).
			With(ui.Advice("correct "+settings.MapVariable+", or unset it, for the map that dbxaccess init has taken:"), ui.Command("unset "+settings.MapVariable))
	}
	return m, stamp, err
}

func load(read place.Reader, path string) (*accessmap.Map, Stamp, error) {
	data, stamp, err := readFile(read, path)
	if err != nil {
		return nil, Stamp{}, err
	}
	m, err := accessmap.Parse(stamp.Path, data)
	if err != nil {
		return nil, Stamp{}, err
	}
	return m, stamp, nil
}

// readFile reads a file of at most accessmap.MaxSize bytes.
func readFile(read place.Reader, path string) ([]byte, Stamp, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, Stamp{}, err
	}
	data, info, err := read(path, accessmap.MaxSize)
	if err != nil {
		return nil, Stamp{}, place.Explained(path, err)
	}
	return data, stamp.From(path, info), nil
}

// Text reads a map's file as it is, to show changes of it. It is not parsed; at most accessmap.MaxSize bytes.
func Text(path string) ([]byte, error) {
	data, _, err := readFile(localfile.Read, path)
	return data, err
}
