package trace

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Kinds of logs.
const (
	CloudTrail = "cloudtrail"
	Databricks = "databricks" // system.access.audit
)

// File is a file of a log.
type File struct {
	Name string
	Log  string // CloudTrail or Databricks
	// Stamp changes where the file does; a file that was read in part is read on only while it is the same.
	Stamp string
	Open  func(ctx context.Context) (io.ReadCloser, error)
}

// Options say what is to be traced.
type Options struct {
	Index    *Index
	Datasets *Datasets
	Files    []File
	// Row appends what is written of an access, and Write writes rows; nil where nothing is. Row is called by several
	// goroutines, Write by one.
	Row   func(rows []byte, a *Access) []byte
	Write func(rows []byte) error
	// State is where the work was left before, nil for the beginning. Save is given it every SaveEvery, and when the work was
	// interrupted, but not once writing failed; nil where it is not kept.
	State     *State
	Save      func(*State) error
	SaveEvery time.Duration
	// Entries is counted up while they are read; nil if nobody looks.
	Entries *atomic.Int64
}

// Problem is what of a file could not be read.
type Problem struct {
	File    string `json:"file"`
	Entries int64  `json:"entries"` // that were read before
	What    string `json:"what"`
}

// batchSize is how many entries are handed on at once.
const batchSize = 4096

// batch is what was read of a file since the last one.
type batch struct {
	file    int
	entries int64 // of the file, up to here
	fresh   int64 // of them in this batch
	seen    []seen
	rows    []byte
	over    bool // the file was read to its end, or as far as it can be
	why     error
}

var batches = sync.Pool{New: func() any { return &batch{seen: make([]seen, 0, batchSize)} }}

// Run reads all files, as many side by side as there are processors, and adds up what was done. What can't be read of a file is a
// problem in the state that it returns, and no error. An error leaves a state too, from which the work goes on later.
func Run(ctx context.Context, o Options) (*State, error) {
	state := o.State
	if state == nil {
		state = NewState()
	}
	state.Tally.places = nil // by the numbers of other datasets, perhaps
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	todo, done := make(chan int), make(chan *batch, 4)
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), max(1, len(o.Files))) {
		readers.Go(func() {
			j := newJoiner(o.Index)
			for i := range todo {
				(&reading{o: &o, joiner: j, file: i, done: done}).read(ctx, state.entriesOf(&o.Files[i]))
			}
		})
	}
	waiting := state.left(o.Files)
	go func() {
		defer close(done)
		defer readers.Wait()
		defer close(todo)
		for _, i := range waiting {
			select {
			case todo <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	saved := time.Now()
	var failed error
	kept := o.Save != nil // no longer where writing failed: what was counted by then would never be written
	for b := range done {
		if failed == nil {
			failed = state.take(&o, b)
			kept = kept && failed == nil
		}
		if failed == nil && o.Save != nil && o.SaveEvery > 0 && time.Since(saved) > o.SaveEvery {
			failed = o.Save(state)
			saved = time.Now()
		}
		if failed != nil {
			stop(failed)
		}
		b.seen, b.rows = b.seen[:0], b.rows[:0]
		batches.Put(b)
	}
	if failed == nil {
		failed = context.Cause(ctx)
	}
	if failed == nil {
		failed = state.release(&o)
		kept = kept && failed == nil
	}
	if kept {
		failed = errors.Join(failed, o.Save(state))
	}
	return state, failed
}

// reading is the work on one file.
type reading struct {
	*joiner
	o      *Options
	file   int
	done   chan<- *batch
	b      *batch
	access Access
	bytes  int64 // that access refers to

	operation string // of S3, and what it does with objects
	verb      Verb
}

// read reads a file on from where it was left.
func (r *reading) read(ctx context.Context, skip int64) {
	file := &r.o.Files[r.file]
	total := int64(0)
	hand := func(over bool, why error) {
		r.b.file, r.b.entries, r.b.over, r.b.why = r.file, max(skip, total), over, why
		r.done <- r.b
		r.begin()
	}
	counted := func(trace bool) (goOn bool) {
		if trace {
			r.b.fresh++
		}
		if total%batchSize != 0 {
			return true
		}
		if total > skip {
			hand(false, nil)
		}
		return ctx.Err() == nil
	}
	r.begin()
	in, err := file.Open(ctx)
	if err == nil {
		defer func() { _ = in.Close() }()
		if file.Log == Databricks {
			err = lines(ctx, in, func(l *line) bool {
				total++
				if total > skip {
					r.line(l)
				}
				return counted(total > skip)
			})
		} else {
			f := inflate(ctx, in)
			_, err = entries(f, &r.known, func(e *event) bool {
				total++
				if total > skip {
					r.event(e)
				}
				return counted(total > skip)
			})
			f.close()
		}
	}
	if ctx.Err() != nil {
		hand(false, nil)
		return
	}
	hand(true, err)
}

func (r *reading) begin() {
	r.b = batches.Get().(*batch)
	r.b.fresh = 0
}

// event traces an entry of CloudTrail.
func (r *reading) event(e *event) {
	if string(e.source) != "s3.amazonaws.com" {
		return
	}
	if string(e.name) != r.operation { // it mostly is that of the last entry
		r.operation = string(e.name)
		r.verb = verbOf(e.name)
	}
	verb := r.verb
	if verb == "" {
		return
	}
	id := e.sharedID
	if len(id) == 0 {
		id = e.id
	}
	s := seen{verb: verb, refused: len(e.failure) > 0, shared: len(e.sharedID) > 0, dataset: none, bytes: e.bytesOut}
	if len(id) > 0 {
		s.id = idOf(id)
	}
	if verb == Write {
		s.bytes = e.bytesIn
	}
	var ok bool
	if s.at, ok = timeOf(e.time); !ok {
		s.why = NoTime
	} else {
		s.holder, s.by, s.why = r.join(e.caller, s.at)
	}
	bucket, key := e.target()
	r.add(e, s, bucket, key)
	if len(e.copied) > 0 {
		s.verb, s.bytes = Read, -1
		if s.id != 0 {
			s.id++
		}
		bucket, key := e.copiedFrom()
		r.add(e, s, bucket, key)
	}
}

// add adds an access to S3.
func (r *reading) add(e *event, s seen, bucket, key []byte) {
	s.dataset = r.o.Datasets.of(bucket, key)
	if r.foreign(&s) {
		return
	}
	if r.o.Row != nil {
		r.access = Access{
			Log: CloudTrail, EventID: string(e.id), Action: string(e.name), Place: "s3://" + string(bucket) + "/" + string(key),
			Refused: string(e.failure), Region: string(e.region), Address: string(e.address),
		}
		if e.caller != nil {
			r.access.Key = string(e.caller.keyID)
		}
	}
	r.keep(&s)
}

// foreign reports whether an access is neither to a dataset nor by anybody whom the record could know. Of a whole company's log that
// is most, and none of it is told.
func (r *reading) foreign(s *seen) bool {
	return s.dataset == none && (s.why == NotIssued || s.why == NoIdentity)
}

// keep puts an access into the batch, with its row.
func (r *reading) keep(s *seen) {
	s.row[0] = len(r.b.rows)
	if a := &r.access; r.o.Row != nil {
		a.Verb, a.Dataset, a.By, a.Why = s.verb, r.o.Datasets.name(s.dataset), s.by, s.why
		if s.why != NoTime {
			a.Time = time.Unix(s.at, 0).UTC()
		}
		if s.bytes >= 0 {
			r.bytes = s.bytes
			a.Bytes = &r.bytes
		}
		if h := s.holder; h != nil {
			a.Name = r.o.Index.Name(h.Person)
			a.Person, a.Identity, a.Issuer, a.Role, a.Rule = h.Subject, h.Identity, h.Issuer, h.Role, h.Rule
			a.Run, a.Host, a.Agent, a.Reason, a.Session = h.Run, h.Host, h.Agent, h.Reason, h.Session
		}
		r.b.rows = r.o.Row(r.b.rows, a)
	}
	s.row[1] = len(r.b.rows)
	r.b.seen = append(r.b.seen, *s)
}
