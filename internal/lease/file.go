package lease

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxBook bounds the file that is read, in bytes: more than a full one has.
const maxBook = 8 << 20

// read returns the book; an empty one where there is none, or none that can be believed, which is told.
func (l Ledger) read() *book {
	path := filepath.Join(l.Dir, bookFile)
	data, _, err := localfile.Read(path, maxBook)
	if errors.Is(err, fs.ErrNotExist) {
		return &book{Version: 1}
	}
	var b *book
	if err == nil {
		b, err = parse(data)
	}
	if err == nil {
		return b
	}
	l.Warn(ui.Warning{
		ID: "agent-leases-damaged", What: "the list of agents' leases, " + ui.Clean(path) + ", can't be read and is begun anew: " + ui.Clean(ui.Told(err)),
		Why: "agents that were revoked stay so; what others hold is not listed until it is renewed, and ends by itself",
	})
	return &book{Version: 1}
}

func parse(data []byte) (*book, error) {
	var b book
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, err
	}
	if !b.valid() {
		return nil, errors.New("it is no such list, or of a later version of dbxaccess")
	}
	return &b, nil
}

func (l Ledger) write(b *book) error {
	data, err := json.Marshal(b)
	if err == nil {
		err = atomicfile.WriteOwn(filepath.Join(l.Dir, bookFile), append(data, '\n'), 0o600)
	}
	if err != nil {
		return unwritable(err)
	}
	return nil
}
