package unused

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// Sum is what was done, as audit trace adds it up.
type Sum struct {
	Reads   int64     `json:"reads"`
	Writes  int64     `json:"writes"`
	Deletes int64     `json:"deletes"`
	Refused int64     `json:"refused"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
}

// of is how often a verb was done.
func (s *Sum) of(verb string) int64 {
	switch verb {
	case accessmap.Read:
		return s.Reads
	case accessmap.Write:
		return s.Writes
	}
	return s.Deletes
}

func (s *Sum) valid() bool { return s.Reads >= 0 && s.Writes >= 0 && s.Deletes >= 0 && s.Refused >= 0 }

// Use is a grant that was used. Its names are cleaned.
type Use struct {
	Identity string `json:"identity"`
	Group    string `json:"group"` // "" where several groups could be meant, or none is
	Role     string `json:"role"`
	Dataset  string `json:"dataset"`
	Verb     string `json:"verb"`
	Sum
}

// Touched is what was done with a dataset, by anybody.
type Touched struct {
	Dataset string `json:"dataset"` // "" is data of no dataset
	Sum
}

// Trace is what audit trace -o json adds up, as far as it is needed.
type Trace struct {
	Entries   int64
	Accesses  int64
	NotJoined []NotJoined
	Grants    []Use
	Datasets  []Touched
	Damaged   int64 // lines of the record

	unknown map[pair]int64 // how often a verb was done with a dataset, and nobody knows by which role
}

// NotJoined counts accesses that nobody is known of.
type NotJoined struct {
	Why      string `json:"reason"`
	Accesses int64  `json:"accesses"`
}

// Bounds of a trace, in bytes and rows.
const (
	maxAccess = 1 << 20  // one access
	maxMember = 64 << 20 // anything else
	maxRows   = 10_000   // that audit trace tells apart: with as many, there may have been more
)

// Errors of ReadTrace.
var (
	// ErrNotWhole: something of the logs was not read, so nothing can be called unused.
	ErrNotWhole = errors.New("not all of the logs was read when it was made")
	// ErrTooMany: more was used than is told apart.
	ErrTooMany = fmt.Errorf("it tells %d grants or datasets, and further ones are not told apart", maxRows)
	errForm    = errors.New("it is not what dbxaccess audit trace -o json prints")
)

// ReadTrace reads what audit trace -o json printed. Accesses are stepped over one by one, however many there are.
func ReadTrace(r io.Reader) (*Trace, error) {
	bound := &bounded{from: r}
	t, seen := &Trace{}, map[string]bool{}
	d := json.NewDecoder(bound)
	var problems []json.RawMessage
	members := map[string]any{
		"entries": &t.Entries, "accesses_in_all": &t.Accesses, "not_joined": &t.NotJoined, "grants": &t.Grants, "datasets": &t.Datasets,
		"damaged_lines_of_record": &t.Damaged, "problems": &problems,
	}
	if err := bound.delim(d, '{'); err != nil {
		return nil, err
	}
	for bound.next(maxAccess); d.More(); bound.next(maxAccess) {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok || seen[name] {
			return nil, formOf(err)
		}
		seen[name] = true
		if name == "accesses" {
			err = stepOver(d, bound)
		} else {
			into := members[name]
			if into == nil {
				into = new(json.RawMessage)
			}
			bound.next(maxMember)
			err = d.Decode(into)
		}
		if err != nil {
			return nil, formOf(err)
		}
	}
	if err := bound.delim(d, '}'); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errForm
	}
	for name := range members {
		if !seen[name] {
			return nil, fmt.Errorf("%w: it has no %s", errForm, name)
		}
	}
	return t, t.check(len(problems))
}

// check refuses what does not fit together or can't be whole.
func (t *Trace) check(problems int) error {
	switch {
	case problems > 0:
		return ErrNotWhole
	case len(t.Grants) >= maxRows || len(t.Datasets) >= maxRows:
		return ErrTooMany
	case t.Entries < 0 || t.Accesses < 0 || t.Damaged < 0:
		return errForm
	}
	for _, n := range t.NotJoined {
		if n.Accesses < 0 {
			return errForm
		}
	}
	all := map[string]*Sum{}
	for i := range t.Datasets {
		d := &t.Datasets[i]
		if all[d.Dataset] != nil || !d.valid() {
			return errForm
		}
		all[d.Dataset] = &d.Sum
	}
	for i := range t.Grants {
		u := &t.Grants[i]
		if u.Identity == "" || u.Role == "" || !u.valid() || !slices.Contains(accessmap.Verbs(), u.Verb) || all[u.Dataset] == nil || u.Dataset == "" {
			return errForm
		}
	}
	t.unknown = map[pair]int64{}
	for i := range t.Datasets {
		for _, verb := range accessmap.Verbs() {
			t.unknown[pair{t.Datasets[i].Dataset, verb}] = t.Datasets[i].of(verb)
		}
	}
	for i := range t.Grants {
		u := &t.Grants[i]
		of := pair{u.Dataset, u.Verb}
		if t.unknown[of] -= u.of(u.Verb); t.unknown[of] < 0 { // more by somebody than by all
			return errForm
		}
	}
	return nil
}

// pair is something that may be done with a dataset.
type pair struct{ dataset, verb string }

// Span is when the first and the last access was; zero where there is none.
func (t *Trace) Span() (first, last time.Time) {
	for _, d := range t.Datasets {
		if first.IsZero() || d.First.Before(first) {
			first = d.First
		}
		if d.Last.After(last) {
			last = d.Last
		}
	}
	return first.UTC(), last.UTC()
}

func stepOver(d *json.Decoder, bound *bounded) error {
	if err := bound.delim(d, '['); err != nil {
		return err
	}
	var access struct{}
	for bound.next(maxAccess); d.More(); bound.next(maxAccess) {
		if err := d.Decode(&access); err != nil {
			return err
		}
	}
	return bound.delim(d, ']')
}

func formOf(err error) error {
	if err == nil || errors.Is(err, errForm) {
		return errForm
	}
	return fmt.Errorf("%w: %w", errForm, err)
}

// bounded ends a stream of which one value is longer than it may be.
type bounded struct {
	from io.Reader
	left int
}

func (b *bounded) next(most int) { b.left = most }

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("a value is too long")
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func (b *bounded) delim(d *json.Decoder, want json.Delim) error {
	b.next(maxAccess)
	if token, err := d.Token(); err != nil || token != want {
		return formOf(err)
	}
	return nil
}
