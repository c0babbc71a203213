package chain

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/tally"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// servedOf is the tally of a record's servings.
func servedOf(r audit.Record) tally.Served {
	s := tally.Served{Identity: r.Identity, Role: r.Role, Agent: r.Agent, Run: r.Run, AccessKeyID: r.AccessKeyID, Expires: r.Expires}
	if s.AccessKeyID == "" {
		s.Host = r.Host
	}
	return s
}

// tally counts a serving; false where that can't be done, as nobody has begun the tally, and it has to be told by a line of its own.
// That a person confirmed to be no agent is always told so.
func (w *Writer) tally(r audit.Record) bool {
	return r.Overruled == "" && tally.Add(w.servedDir(), servedOf(r).Name(), w.Now(), os.Getppid()) == nil
}

// begin makes the tally for what a line tells of, so that it can be counted before main: see package early. It is made behind a line
// alone, so that where none can be written nothing is counted that would never be told. Where it can't be made, servings are told one
// by one.
func (w *Writer) begin(r audit.Record) {
	if r.Overruled != "" { // which the others' are not
		return
	}
	name := servedOf(r).Name()
	r.Activity, r.RequestID, r.Since, r.Count = audit.Serve, "", time.Time{}, 0
	r.PID, r.Process, r.Parents = 0, "", nil // each serving has its own
	shared, err := json.Marshal(r)
	if err != nil || lock.MakePrivate(w.Dir) != nil || lock.MakePrivate(w.servedDir()) != nil {
		return
	}
	_ = tally.Begin(w.servedDir(), name, shared) // where it is there already, it stays
}

// told is a tally whose servings a record tells of.
type told struct {
	tally.Count
	ends bool // it is served no more, or damaged: the next serving is told by a line, which begins another
}

// served are the servings that nobody has told of, as records. now is when they are told.
func (w *Writer) served(now time.Time) (counts []told, servings []audit.Record) {
	names, err := tally.Names(w.servedDir())
	if err != nil {
		return nil, nil // as there are none
	}
	for _, name := range names {
		count, err := tally.ReadNew(w.servedDir(), name)
		var r audit.Record
		if err == nil {
			r, err = common(count)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist): // it has ended meanwhile
		case err != nil:
			lost := audit.New(now, audit.Serve, audit.Who{})
			lost.Refused = ui.Errorf("audit-tally-damaged", ui.Failed, "what was served from the cache can't be told: the tally %s is damaged: %w", ui.Clean(name), err).
				With(ui.Command("dbxaccess audit verify"))
			counts, servings = append(counts, told{count, true}), append(servings, lost)
		default:
			ended := now.After(r.Expires.Add(time.Hour))
			if count.Untold > 0 {
				r.Count, r.Since, r.Time = count.Untold, count.Since, count.Last
				r.Tally, r.First = name, count.First
				servings = append(servings, r)
			}
			if count.Untold > 0 || ended {
				counts = append(counts, told{count, ended})
			}
		}
	}
	return counts, servings
}

// common is what a tally's servings have in common.
func common(count tally.Count) (r audit.Record, err error) {
	if err = json.Unmarshal(count.Common, &r); err == nil && r.Activity != audit.Serve {
		err = errors.New("it is of no serving")
	}
	return r, err
}

// told notes what has been told, and ends tallies.
func (w *Writer) told(counts []told) {
	for _, count := range counts {
		if count.ends {
			_ = count.Remove() // what stays is told again, which is better than not at all
			continue
		}
		_ = count.Told()
	}
}

// Untold is how many servings of a record's directory are counted, and in no record yet; and the tallies that are damaged, so that
// what they counted can't be told.
func Untold(dir string) (n int, damaged []string) {
	w := Writer{Dir: dir}
	names, err := tally.Names(w.servedDir())
	if err != nil {
		return 0, nil // there are none
	}
	for _, name := range names {
		count, err := tally.Read(w.servedDir(), name)
		if err == nil {
			_, err = common(count)
		}
		switch {
		case err == nil:
			n += count.Untold
		case !errors.Is(err, fs.ErrNotExist):
			damaged = append(damaged, name)
		}
	}
	return n, damaged
}
