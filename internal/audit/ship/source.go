package ship

import (
	"errors"
	"fmt"
	"iter"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// pending yields what follows the last line that the sink has, to the end of the record as it is now. Where that line is no longer
// there, it is all that there is, and the report says so.
func (p *pass) pending() iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		paths, err := audit.Files(p.Record)
		if err != nil {
			yield(audit.Entry{}, err)
			return
		}
		from, behind := p.cursor.Find(paths)
		known := p.cursor.Head.Chain != ""
		p.read.Gap = known && behind == 0
		first := true
		after := &sequel{last: map[string]uint64{}}
		if behind > 0 {
			after.last[p.cursor.Head.Chain] = p.cursor.Head.Sequence
		}
		for _, path := range paths[from:] {
			for entry, err := range audit.ReadFile(path) {
				damage, damaged := errors.AsType[*audit.Damage](err)
				switch {
				case damaged && damage.Torn:
					// It may be being written: read again, its end would look like a line of its own.
				case damaged, err == nil && !isChain(entry.Chain):
					p.read.Damaged++
					after.damaged++
					continue
				case err != nil:
					yield(entry, err)
					return
				case path == paths[from] && entry.Number <= behind:
					continue
				default:
					if first && p.read.Gap {
						p.missed(entry)
					}
					first = false
					if missing := after.next(&entry); missing > 0 {
						p.read.Gap, p.read.Missed = true, p.read.Missed+missing
					}
					if !yield(entry, nil) {
						return
					}
					continue
				}
				break
			}
		}
	}
}

// sequel knows by their numbers which lines are missing between those that are there: a file in the middle may have been removed.
type sequel struct {
	last    map[string]uint64 // number of the last line, by chain
	damaged uint64            // lines since the last one, which are told as such
}

// mostChains bounds those that are known again.
const mostChains = 10_000

// next is how many lines are missing before one.
func (s *sequel) next(e *audit.Entry) (missing uint64) {
	last, known := s.last[e.Chain]
	if known && e.Sequence > last+1 {
		missing = e.Sequence - last - 1
		missing -= min(missing, s.damaged)
	}
	s.damaged = 0
	if known || len(s.last) < mostChains {
		s.last[e.Chain] = max(last, e.Sequence)
	}
	return missing
}

// isChain reports whether a chain's name can be that of an object or stand in a header: ours can.
func isChain(name string) bool { return ui.IsPlain(name, "-_.") && len(name) <= 128 }

// missed counts the lines before the first that is left, where both are of one chain.
func (p *pass) missed(first audit.Entry) {
	if had := p.cursor.Head; first.Chain == had.Chain && first.Sequence > had.Sequence {
		p.read.Missed = first.Sequence - had.Sequence - 1
	}
	p.Log.Debug("the record goes on elsewhere than the sink has it", "sink", p.Name, "chain", p.cursor.Head.Chain,
		"sequence", fmt.Sprint(p.cursor.Head.Sequence), "next_chain", first.Chain, "next_sequence", fmt.Sprint(first.Sequence))
}
