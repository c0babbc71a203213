// Package lease keeps account of what coding agents hold: a lease is one credential of one agent, from its first issue on for as long as
// it is renewed. It bounds how fast and how many an agent may have, and remembers which agents a person has revoked.
//
// In come who asks for what, and the limits that the access map sets; out comes leave to issue, or an error that says when to ask again.
// What is kept lies in two places of the settings directory, and holds no secret: the book of leases, one file that may be lost, and the
// revocations, a file for each, whose being there is all that they say. A book that can't be read is begun anew, and never makes a
// revoked agent one that is not; what can't be written down is not given. Only who is about to issue something writes. It is an account
// and no wall: what runs as the person may remove the files.
package lease

import (
	"context"
	"path/filepath"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Folder is where the revocations and the locks lie, below the settings directory; the book lies beside it.
const Folder = "agents"

// bookFile is the name of the book.
const bookFile = "leases.json"

// lockWait bounds waiting for others who write the book, which takes them milliseconds.
const lockWait = 10 * time.Second

// Ledger is the account of one person on this machine. All fields are needed.
type Ledger struct {
	Dir   string                        // the settings directory
	Now   func() time.Time              // wall clock
	Began func(pid int) (string, error) // when a process started, an error if it has ended: see beside.Began
	Warn  func(ui.Warning)              // tells the person that the book was damaged
}

// Holder is a program that something was issued for.
type Holder struct {
	PID     int    `json:"pid"`               // 0: not known
	Began   string `json:"started,omitempty"` // by which a later process of the same number is told; "" where nothing is known
	Program string `json:"program,omitempty"` // its name, as it says; "" where it is not known
}

// Asked is what is asked for.
type Asked struct {
	Agent    string // the name of the agent
	Identity string
	Role     string
	Door     string // the command that asks
	Item     string // key of the credential in the keyring, by which a renewal is told from another lease
	Holder   Holder
}

// Limits are those of one agent.
type Limits struct {
	Leases    int // at once
	PerMinute int // issues within any minute
}

// Lease is one credential of an agent's.
type Lease struct {
	Agent    string `json:"agent"`
	Identity string `json:"identity"`
	Role     string `json:"role"`
	Door     string `json:"door"`
	Item     string `json:"item"`
	Holder

	Since   time.Time `json:"since"`
	Renewed time.Time `json:"renewed,omitzero"` // last; zero where nothing was issued yet
	Until   time.Time `json:"until"`            // when what was issued last ends
	Count   int       `json:"count"`            // of issues

	Ended bool `json:"-"` // its program has: nothing renews it, and it lives until Until
}

// Server serves a program with an agent's credentials, from memory.
type Server struct {
	Agent  string `json:"agent"`
	Holder        // the program

	Roles []string  `json:"roles"`
	Since time.Time `json:"since"`
}

// Taken is leave to issue one credential.
type Taken struct {
	ledger Ledger
	asked  Asked
}

// Take is called before something is issued for an agent. It returns leave, which is noted, or an error: Refused where the agent was
// revoked (agent-revoked) or nothing can be noted, Failed where it is to ask again later (agent-too-fast, agent-too-many-leases).
func (l Ledger) Take(ctx context.Context, a Asked, limits Limits) (*Taken, error) {
	a.Agent = canonical(a.Agent)
	err := l.change(ctx, func(b *book) error {
		if err := l.Allowed(a.Agent); err != nil {
			return err
		}
		return b.take(a, limits, l.Now())
	})
	if err != nil {
		return nil, err
	}
	return &Taken{l, a}, nil
}

// Renewed is called once the credential is issued and kept, and before it is handed out. An error, agent-revoked above all, means that it
// must not be. A nil Taken is of who needs no leave.
func (t *Taken) Renewed(ctx context.Context, until time.Time) error {
	if t == nil {
		return nil
	}
	return t.ledger.change(ctx, func(b *book) error {
		if err := t.ledger.Allowed(t.asked.Agent); err != nil {
			return err
		}
		b.renewed(t.asked, until, t.ledger.Now())
		return nil
	})
}

// Dropped is called where nothing was issued.
func (t *Taken) Dropped(ctx context.Context) {
	if t == nil {
		return
	}
	_ = t.ledger.change(ctx, func(b *book) error { // what is left ends by itself, in a minute
		b.dropped(t.asked)
		return nil
	})
}

// Serve notes that a program is served, until done is called or it has ended.
func (l Ledger) Serve(ctx context.Context, s Server) (done func(), err error) {
	s.Agent = canonical(s.Agent)
	err = l.change(ctx, func(b *book) error {
		if err := l.Allowed(s.Agent); err != nil {
			return err
		}
		return b.serve(s, l.Now())
	})
	return func() {
		_ = l.change(context.WithoutCancel(ctx), func(b *book) error { // its program has ended, which others see too
			b.served(s)
			return nil
		})
	}, err
}

// Held are the leases and the servers of this moment, by agent and age. It writes nothing.
func (l Ledger) Held() ([]Lease, []Server) {
	b := l.read()
	b.prune(l.Now(), l.ended)
	return b.list(), b.Servers
}

// ended reports whether a program is known to have ended.
func (l Ledger) ended(h Holder) bool {
	if h.PID <= 0 {
		return false
	}
	began, err := l.Began(h.PID)
	return err != nil || h.Began != "" && began != h.Began
}

// change has the book changed by one process at a time.
func (l Ledger) change(ctx context.Context, how func(*book) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockWait)
	defer cancel()
	unlock, err := lock.Dir{Path: filepath.Join(l.Dir, Folder)}.Acquire(ctx, bookFile, lock.Exclusive)
	if err != nil {
		return unwritable(err)
	}
	defer func() { _ = unlock() }()
	b := l.read()
	b.prune(l.Now(), l.ended)
	if err := how(b); err != nil {
		return err
	}
	return l.write(b)
}

func unwritable(err error) error {
	return ui.Errorf("agent-lease-unwritable", ui.Refused, "what an agent is given is noted first, and that failed: %w", err).
		With(ui.FixOf(err), ui.Advice("agents get credentials where dbxaccess may write its settings directory: let the agent's sandbox do so"))
}
