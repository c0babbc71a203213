// Package chain writes the record down: lines that are chained and signed, in files that only grow.
//
// In come records; out come lines at the end of the newest file, the head of the chain in the keyring beside the key, and an error
// where either can't be had. What is served from the cache is tallied, and told with the next line. Lines are appended under a lock
// of the files, under which nothing else is waited for; key and head are read and written under another, outside of it. The package
// must never take a line away, go on behind one that is not of its chain, or let a head go back: where the files have lost what the
// head knows of, or the keyring the key of what is in the files, a new chain says so. See docs/decisions/067-evidence.md.
package chain

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"path/filepath"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/tally"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// patience bounds one record, whatever the keyring and other processes do.
	patience = 20 * time.Second
	// filesWait bounds waiting for others who append.
	filesWait = 10 * time.Second
)

// MaxSize is from what size on a file is followed by the next one, in bytes, unless the settings say otherwise.
const MaxSize = 16 << 20

// Writer implements audit.Recorder. It may be used by several goroutines.
type Writer struct {
	Dir     string // of the files
	Keyring Keyring
	Version string // of the program
	MaxSize int64  // 0: the usual one
	Now     func() time.Time
	// Asker tells who asks, where a line is written; nil: that is not told.
	Asker func() audit.Asker
	// Warn tells the person that the key of what was recorded before is gone; nil: the record alone tells it.
	Warn func(ui.Warning)
}

// Record implements audit.Recorder. An error means that nothing is certain to be kept.
func (w *Writer) Record(ctx context.Context, r audit.Record) error {
	if r.Activity == audit.Serve && r.Refused == nil && w.tally(r) {
		return nil
	}
	if w.Asker != nil {
		r.Asker = w.Asker()
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := w.write(ctx, r); err != nil {
		return err
	}
	if r.Refused == nil && (handsOut(r.Activity) || r.Activity == audit.Serve) {
		w.begin(r)
	}
	return nil
}

// handsOut reports whether what an activity brings is kept in the cache, and served from there.
func handsOut(a audit.Activity) bool {
	return a == audit.Assume || a == audit.Exchange || a == audit.Vend
}

func (w *Writer) write(ctx context.Context, r audit.Record) error {
	it, err := load(ctx, w.Keyring)
	if err != nil {
		return err
	}
	if it != nil {
		if known := it.head(w.Dir); known != nil {
			switch head, err := w.append(ctx, it, *known, r); {
			case err != nil:
				return err
			case head != nil:
				return w.advance(ctx, *head)
			}
		}
	}
	return w.writeNew(ctx, r)
}

// writeNew begins a chain, unless another process has done so meanwhile.
func (w *Writer) writeNew(ctx context.Context, r audit.Record) error {
	unlock, err := w.Keyring.Lock(ctx, itemKey)
	if unlock, err = lock.Anyway(unlock, err); err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	it, err := load(ctx, w.Keyring)
	if err != nil {
		return err
	}
	if it == nil {
		it = &item{Seed: make([]byte, ed25519.SeedSize)}
		_, _ = rand.Read(it.Seed)                       // never fails
		if err := it.save(ctx, w.Keyring); err != nil { // before anything is signed with it
			return err
		}
	}
	var head *audit.Head
	if known := it.head(w.Dir); known != nil {
		if head, err = w.append(ctx, it, *known, r); err != nil {
			return err
		}
	}
	if head == nil {
		if head, err = w.appendFirst(ctx, it, r); err != nil {
			return err
		}
	}
	it.moveHead(w.Dir, *head)
	return it.save(ctx, w.Keyring)
}

// advance notes in the keyring that the chain has come to a head, unless it has come further. The newest of the files is noted, so
// that of many who append at once one writes for all.
func (w *Writer) advance(ctx context.Context, head audit.Head) error {
	unlock, err := w.Keyring.Lock(ctx, itemKey)
	if unlock, err = lock.Anyway(unlock, err); err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	it, err := load(ctx, w.Keyring)
	if err != nil || it == nil {
		return err
	}
	if known := it.head(w.Dir); known == nil || known.Chain != head.Chain || known.Sequence >= head.Sequence {
		return nil // another chain has begun, or others were faster
	}
	if last, err := w.last(it, head); err == nil && last != nil {
		head = *last
	}
	it.moveHead(w.Dir, head)
	return it.save(ctx, w.Keyring)
}

// last returns the newest head of a chain in the files, nil where they don't reach as far as a known one or are not as that says.
func (w *Writer) last(it *item, known audit.Head) (*audit.Head, error) {
	public, _ := it.key().Public().(ed25519.PublicKey)
	files, err := audit.Files(w.Dir)
	if err != nil {
		return nil, err
	}
	entry, err := lastOf(files, known.Chain)
	if entry == nil || err != nil {
		return nil, err
	}
	head := entry.Head()
	switch {
	case !entry.Intact() || !entry.SignedBy(public),
		head.Sequence < known.Sequence,
		head.Sequence == known.Sequence && head.Hash != known.Hash:
		return nil, nil
	}
	return &head, nil
}

// append writes a record behind the head of a chain, as the files have it, and before it what is to be told of servings. nil: the
// chain is not as the head says, and nothing was written.
func (w *Writer) append(ctx context.Context, it *item, known audit.Head, r audit.Record) (*audit.Head, error) {
	return w.locked(ctx, func() (*audit.Head, error) {
		head, err := w.last(it, known)
		if head == nil || err != nil {
			return nil, err
		}
		return w.lines(it, audit.Link{Chain: head.Chain, Sequence: head.Sequence + 1, Prev: head.Hash}, r)
	})
}

// appendFirst begins a chain with a record.
func (w *Writer) appendFirst(ctx context.Context, it *item, r audit.Record) (*audit.Head, error) {
	var uid [16]byte
	_, _ = rand.Read(uid[:]) // never fails
	public, _ := it.key().Public().(ed25519.PublicKey)
	first := audit.Link{
		Chain: hex.EncodeToString(uid[:]), Sequence: 1, Prev: strings.Repeat("0", 64), PublicKey: Text(public), After: it.head(w.Dir),
	}
	return w.locked(ctx, func() (*audit.Head, error) {
		if first.After == nil && !r.Workload { // a workload has a key for each process, and takes no other chain's place
			var err error
			if first.After, err = w.keyless(); err != nil {
				return nil, err
			}
		}
		return w.lines(it, first, r)
	})
}

// keyless is the end of what people's chains have in the files where the keyring has no head of it: its item was lost or taken away.
func (w *Writer) keyless() (*audit.Head, error) {
	files, err := audit.Files(w.Dir)
	if err != nil {
		return nil, err
	}
	entry, err := lastOfPeople(files)
	if entry == nil || err != nil {
		return nil, err
	}
	if w.Warn != nil {
		w.Warn(ui.Warning{
			ID: "audit-key-gone", What: "the keyring has no key of the record that is there, or does not know how far it has come: a new chain begins behind it, and names its last line",
			Fix: ui.Command("dbxaccess audit verify"),
		})
	}
	head := entry.Head()
	return &head, nil
}

// locked runs what changes files.
func (w *Writer) locked(ctx context.Context, change func() (*audit.Head, error)) (*audit.Head, error) {
	if err := lock.MakePrivate(w.Dir); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, filesWait)
	defer cancel()
	unlock, err := lock.Dir{Path: filepath.Join(w.Dir, ".locks")}.Acquire(ctx, "files", lock.Exclusive)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unlock() }()
	return change()
}

// lines writes all that is to be told at once.
func (w *Writer) lines(it *item, at audit.Link, r audit.Record) (*audit.Head, error) {
	var text []byte
	counts, servings := w.served(r.Time)
	for _, serving := range append(servings, r) {
		line, head, err := audit.Encode(serving, at, w.Version, it.key())
		if err != nil {
			return nil, err
		}
		text = append(append(text, line...), '\n')
		at = audit.Link{Chain: head.Chain, Sequence: head.Sequence + 1, Prev: head.Hash}
	}
	if err := appendTo(w.Dir, w.maxSize(), text); err != nil {
		return nil, err
	}
	w.told(counts)
	return &audit.Head{Chain: at.Chain, Sequence: at.Sequence - 1, Hash: at.Prev}, nil
}

func (w *Writer) maxSize() int64 {
	if w.MaxSize > 0 {
		return w.MaxSize
	}
	return MaxSize
}

// servedDir is where servings are tallied.
func (w *Writer) servedDir() string { return ServedDir(w.Dir) }

// ServedDir is where servings of a record's directory are tallied.
func ServedDir(record string) string { return filepath.Join(record, filepath.Base(tally.Folder)) }
