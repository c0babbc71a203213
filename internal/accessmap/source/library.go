package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The copy of the organisation's map in the settings directory, its origin beside it, and when it was last compared.
const (
	CopyName     = settings.MapName
	OriginName   = "map.json"
	ComparedName = "map-compared.json"
)

// ErrNoCopy is wrapped where no map was taken yet.
var ErrNoCopy = errors.New("no access map yet")

// fetchAny is the remedy where it is not known where the map came from.
func fetchAny() ui.Fix { return ui.Command("dbxaccess init FILE|URL") }

// Save keeps a map and its origin in the settings directory, both with mode 0600. The origin is written last: after a
// crash in between, the copy does not load until the map is fetched again, which the old origin is enough for.
func Save(dir string, data []byte, o Origin) error {
	if digest := Digest(data); o.SHA256 != digest {
		return fmt.Errorf("the origin is of another map: its digest is %s, the map's %s", o.SHA256, digest)
	}
	encoded, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the origin of the access map: %w", err)
	}
	if err := atomicfile.WriteOwn(filepath.Join(dir, CopyName), data, 0o600); err != nil {
		return err
	}
	return atomicfile.WriteOwn(filepath.Join(dir, OriginName), append(encoded, '\n'), 0o600)
}

// LoadOrigin tells where the copy came from. The error wraps ErrNoCopy where there is none.
func LoadOrigin(dir string) (*Origin, error) {
	path := filepath.Join(dir, OriginName)
	data, _, err := readFile(localfile.ReadTrusted, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ui.Errorf("map-missing", ui.Failed, "%w", ErrNoCopy).With(fetchAny())
	}
	if err != nil {
		return nil, err
	}
	var o Origin
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, ui.Errorf("map-origin-damaged", ui.Failed, "%s is damaged: %w", ui.Clean(path), err).With(fetchAny())
	}
	return &o, nil
}

// Copy is the map that the person agreed to.
type Copy struct {
	Map    *accessmap.Map
	Origin Origin
	Stamp  Stamp
	Age    Age
}

// LoadCopy parses the copy. It must be, byte for byte, what its origin says: the copy is the organisation's word, so
// one that was edited or written in part is refused. Errors are those of LoadOrigin and Load; ErrNoCopy is wrapped
// where either file is missing.
func LoadCopy(dir string) (*Copy, error) {
	return loadCopy(dir, func() { time.Sleep(20 * time.Millisecond) })
}

// loadCopy calls wait between looks, as another process may be between Save's two files.
func loadCopy(dir string, wait func()) (*Copy, error) {
	const looks = 10
	for look := 1; ; look++ {
		origin, err := LoadOrigin(dir)
		if err != nil {
			return nil, err
		}
		data, stamp, err := readFile(localfile.ReadTrusted, filepath.Join(dir, CopyName))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, ui.Errorf("map-missing", ui.Failed, "%w: %s is missing", ErrNoCopy, CopyName).With(refetch(origin))
		}
		if err != nil {
			return nil, err
		}
		if Digest(data) == origin.SHA256 {
			m, err := accessmap.Parse(origin.Display(), data)
			if err != nil {
				return nil, err
			}
			age := AgeOf(dir, origin)
			stamp.Until = age.Ends()
			return &Copy{m, *origin, stamp, age}, nil
		}
		if look == looks {
			return nil, ui.Errorf("map-copy-differs", ui.Failed,
				"the copy of the access map, %s, is not what was fetched from %s", ui.Clean(stamp.Path), origin.Display()).With(refetch(origin))
		}
		wait()
	}
}

// refetch is the command that fetches the map again. It names the address, unless that has a query, which is not shown.
func refetch(o *Origin) ui.Fix {
	if o.From != "" && !o.HoldsQuery() {
		return ui.Command(o.Init(""))
	}
	return fetchAny()
}
