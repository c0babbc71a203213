package trace

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// State is how far the work has come, and what has added up until then.
type State struct {
	// Of says what the state belongs to: another record, map or form of rows begins from the start.
	Of       string
	Files    map[string]*Progress // by name
	Problems []Problem
	Tally    *Tally
	// Forgetful says that there were more events than are known again, so that a copy may have been counted as another.
	Forgetful bool
	// Held are accesses that were joined to nobody and may have a copy in another account's log that says more.
	Held []Held

	known ids
	// held are places in Held, by the event's ID; heldRows are the bytes of their rows.
	held     map[uint64]int
	heldRows int
}

// Progress is how far a file was read.
type Progress struct {
	Stamp   string
	Entries int64
	Over    bool
	Broken  bool // it ended with an error: it is read again from there, and may have been fetched again
}

// NewState is the beginning.
func NewState() *State { return &State{Files: map[string]*Progress{}, Tally: newTally()} }

// saved is a state as it is written.
type saved struct {
	Version int
	State   *State
	IDs     []uint64
}

const stateVersion = 4

// Encode writes a state.
func (s *State) Encode(w io.Writer) error {
	return gob.NewEncoder(w).Encode(saved{stateVersion, s, s.known.all()})
}

// DecodeState reads a state. It has to be a file of this user's, which others can't write.
func DecodeState(r io.Reader) (*State, error) {
	var it saved
	if err := gob.NewDecoder(r).Decode(&it); err != nil {
		return nil, fmt.Errorf("it can't be read: %w", err)
	}
	if it.Version != stateVersion || it.State == nil || it.State.Tally == nil || len(it.IDs) > mostIDs {
		return nil, errors.New("it is of another version of this program")
	}
	fresh := NewState()
	if it.State.Files == nil {
		it.State.Files = fresh.Files
	}
	t := it.State.Tally
	if t.Joined == nil {
		t.Joined = fresh.Tally.Joined
	}
	if t.NotJoined == nil {
		t.NotJoined = fresh.Tally.NotJoined
	}
	for _, id := range it.IDs {
		it.State.known.add(id)
	}
	it.State.findHeld()
	return it.State, nil
}

// entriesOf is how much of a file has been read. A file that has changed since can't be read on: see left.
func (s *State) entriesOf(f *File) int64 {
	if p := s.Files[f.Name]; p != nil {
		return p.Entries
	}
	return 0
}

// left are the files that were not read to their end. One that was read, and is another file now, is a problem: what it said before
// has been counted. One that ended with an error is expected to be another, with the same entries before that place.
func (s *State) left(files []File) (numbers []int) {
	s.Files = maps.Clone(s.Files)
	given := make(map[string]bool, len(files))
	for i := range files {
		given[files[i].Name] = true
	}
	s.Problems = slices.DeleteFunc(s.Problems, func(p Problem) bool { return given[p.File] }) // they are found again, where they still are
	for i := range files {
		f := &files[i]
		p := s.Files[f.Name]
		switch {
		case p == nil:
			s.Files[f.Name] = &Progress{Stamp: f.Stamp}
		case p.Broken:
			p.Stamp, p.Broken = f.Stamp, false
		case p.Stamp != f.Stamp:
			s.Problems = append(s.Problems, Problem{f.Name, p.Entries, "it has changed since it was read, and was not read again"})
			continue
		case p.Over:
			continue
		}
		numbers = append(numbers, i)
	}
	return numbers
}

// take counts a batch, and writes its rows.
func (s *State) take(o *Options, b *batch) error {
	name := o.Files[b.file].Name
	t := s.Tally
	t.Events += b.fresh
	if o.Entries != nil {
		o.Entries.Add(b.fresh)
	}
	rows := b.rows[:0]
	s.known.warm(b.seen)
	for i := range b.seen {
		a := &b.seen[i]
		row, dataset := b.rows[a.row[0]:a.row[1]], o.Datasets.name(a.dataset)
		if !s.counts(a, row, dataset) {
			continue
		}
		t.add(a, dataset)
		rows = append(rows, row...) // to the front: what was written before is as long at least
	}
	s.Forgetful = s.Forgetful || s.known.full
	if len(rows) > 0 && o.Write != nil {
		if err := o.Write(rows); err != nil {
			return err
		}
	}
	p := s.Files[name]
	p.Entries, p.Over, p.Broken = max(p.Entries, b.entries), b.over && b.why == nil, b.why != nil
	if b.why != nil {
		s.Problems = append(s.Problems, Problem{name, b.entries, problem(b.why)})
	}
	return nil
}

// problem says why a file was read no further.
func problem(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it was cut short"
	case errors.Is(err, errForm):
		return "it is damaged: what follows is no JSON"
	}
	return err.Error()
}

// Text says what of which file was not read.
func (p Problem) Text() string {
	return fmt.Sprintf("%s was read up to entry %d: %s", p.File, p.Entries, p.What)
}
