package cli

import (
	"context"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
)

const (
	// ShipGathers is how long a process that sends the record waits before it begins: what is recorded meanwhile needs no other one.
	ShipGathers = 3 * time.Second
	// shipLingers is how long a process that lives on waits before it has the record sent; one that ends does it then.
	shipLingers = time.Second

	shippedNote = "record is being sent"
)

// shipping has the record sent, once it has grown, by a process of its own. Nothing waits for a sink here, and a sink's troubles
// are none of the command's: `audit ship` tells of them.
type shipping struct {
	mu    sync.Mutex
	timer *time.Timer // until it is sent; nil where it has not grown
	notes notes
	start func() error // starts the process; nil: see Env.startShipping
}

type notes interface {
	Note(name string) []byte
	SetNote(name string, note []byte)
}

// growing is a recorder that tells of what it has kept. What is served from the cache is told with the next record.
type growing struct {
	audit.Recorder

	env   *Env
	notes notes
}

// Record implements audit.Recorder.
func (g growing) Record(ctx context.Context, r audit.Record) error {
	if err := g.Recorder.Record(ctx, r); err != nil || r.Activity == audit.Serve {
		return err
	}
	if settings, err := g.env.Settings(); err == nil && len(settings.Audit.Sinks) > 0 {
		s := g.env.shipping
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.timer == nil {
			s.timer, s.notes = time.AfterFunc(shipLingers, g.env.ShipRecord), g.notes
		}
	}
	return nil
}

// ShipRecord starts the process that sends the record, if that has grown and none has just been started. Who becomes another
// program calls it before; else it happens by itself.
func (e *Env) ShipRecord() {
	s := e.shipping
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer == nil {
		return
	}
	s.timer.Stop()
	s.timer = nil
	if since := e.Now().Sub(noteTime(s.notes, shippedNote)); since >= 0 && since < ShipGathers {
		return // what has just been started will find it
	}
	s.notes.SetNote(shippedNote, []byte(e.Now().UTC().Format(time.RFC3339Nano)))
	start := s.start
	if start == nil {
		start = e.startShipping
	}
	if err := start(); err != nil {
		e.Log().Debug("the record is not sent", "error", err.Error())
	}
}

// startShipping starts the other program as the door does, which must not wait for it.
func (e *Env) startShipping() error {
	path, err := findAdmin(e.Arg0)
	if err != nil {
		return err
	}
	environ := append(e.Environ(), startedBy+"="+e.Version.Build())
	if !e.Passphrase.IsZero() {
		environ = append(environ, settings.PassphraseVariable+"="+e.Passphrase.Reveal())
	}
	return command.Leave(environ, path, "audit", "ship", "--behind")
}

// noteTime is when a note was left that says no more; zero where there is none.
func noteTime(n notes, name string) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, string(n.Note(name)))
	return at
}
