// Package sent knows how far each sink has got with the record, and what of it is lost.
//
// In come the directory in which that is kept, and the files of the record; out come the last line that a sink has, where it stands,
// how much the sink is behind, and what it will never get and nobody was told of. It must never connect to a sink, know its token, or take a file that another user could have
// written for its own.
package sent

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"path/filepath"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

const (
	version   = 1
	maxCursor = 64 << 10 // bytes
)

// Place is where it is kept what one sink has.
type Place struct {
	Dir  string // of all sinks
	Name string // of the sink
	To   string // where that is: with another place behind the same name, it has nothing
}

// PlaceOf is that of a sink of the settings in a directory.
func PlaceOf(settings, name, to string) Place {
	return Place{Dir: filepath.Join(settings, "ship"), Name: name, To: to}
}

// Cursor is how far a sink has got. It is the only thing that is kept for one; without it, all is sent again.
type Cursor struct {
	Version  int        `json:"version"`
	To       string     `json:"to"` // digest of Place.To
	Head     audit.Head `json:"head"`
	File     string     `json:"file"` // in which Head was
	Failures int        `json:"failures,omitzero"`
	Retry    time.Time  `json:"retry_at,omitzero"`
	// Lost is what passes have found that run by themselves, until a person is told of it.
	Lost Lost `json:"lost,omitzero"`
}

func (p Place) file() string { return filepath.Join(p.Dir, p.Name+".json") }

// Load returns where the sink is. A file that can't be read, or that another user could have written, is as none: what is sent
// twice does no harm, and what is left out does.
func (p Place) Load() *Cursor {
	sum := secret.Digest(p.To)
	begin := Cursor{Version: version, To: hex.EncodeToString(sum[:])}
	data, _, err := localfile.ReadTrusted(p.file(), maxCursor)
	var c Cursor
	if err != nil || json.Unmarshal(data, &c) != nil || c.Version != begin.Version || c.To != begin.To || !c.counts() {
		return &begin
	}
	return &c
}

// counts reports whether what is counted can have been counted.
func (c *Cursor) counts() bool {
	return min(c.Failures, c.Lost.Rejected, c.Lost.Refused, c.Lost.Damaged) >= 0
}

// Save keeps where the sink is.
func (p Place) Save(c *Cursor) error {
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return atomicfile.WriteOwn(p.file(), append(data, '\n'), 0o600)
}

// Backlog is what of the record a sink does not have.
type Backlog struct {
	Lines int       // no more than were to be counted
	Since time.Time // of the first of them
}

// Backlog reads what follows the last line that the sink has, which is all where that line is not there, up to most lines. What is
// damaged is passed over, and so is a line that is being written.
func (c *Cursor) Backlog(record string, most int) (b Backlog, err error) {
	paths, err := audit.Files(record)
	if err != nil {
		return b, err
	}
	from, behind := c.Find(paths)
	for i, path := range paths[from:] {
		for entry, err := range audit.ReadFile(path) {
			if _, damaged := errors.AsType[*audit.Damage](err); damaged || err == nil && i == 0 && entry.Number <= behind {
				continue
			}
			if err != nil {
				return b, err
			}
			if b.Lines == 0 {
				b.Since = entry.Time
			}
			if b.Lines++; b.Lines == most {
				return b, nil
			}
		}
	}
	return b, nil
}
