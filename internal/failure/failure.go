// Package failure remembers what failed lately, so that of many processes that want the same, one finds out and the others
// know: a hundred helpers must not ask a server that hangs, nor send a refresh token that was refused.
//
// In come errors under the name of what was asked for; out come the same errors at once, until it is time to try again, or
// until what was refused is replaced. What is kept are times, a digest and words that are clean. A memory must never hold a
// secret, nor be believed where the clock says that it is of the future or lasts for longer than it may. What can't be
// remembered is tried again: nothing depends on it.
package failure

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// clock is how a moment of the last minutes is told.
const clock = "15:04:05"

const (
	// rest is how long nobody tries again after a failure: as long again at most, at random, lest all begin together.
	rest = 30 * time.Second
	// longestRest bounds what a server may ask for.
	longestRest = 5 * time.Minute
	// longestMissing is how long what a server does not offer is believed.
	longestMissing = 24 * time.Hour
	// leeway is how far ahead of this machine's clock a memory may be.
	leeway = time.Minute

	maxText = 1000 // runes of an error
	maxFix  = 8    // steps
	maxStep = 300  // runes of each
)

// Notes are where all processes that share a keyring see what is remembered: a few bytes for each name, no secret.
type Notes interface {
	// Note is what SetNote left, nil for nothing.
	Note(name string) []byte
	// SetNote leaves a note; nil takes it away. It does what it can.
	SetNote(name string, note []byte)
	// ClearNotes takes all away.
	ClearNotes()
}

// Memory is what is remembered. The zero value remembers nothing.
type Memory struct {
	Notes Notes
	Now   func() time.Time // wall clock
	// Circumstances is what decides how servers are reached, besides the name: a failure counts under the same ones only. nil:
	// there are none.
	Circumstances func() string
}

// note is one memory.
type note struct {
	At    time.Time `json:"at"`
	Until time.Time `json:"until,omitzero"`  // of a failure
	Token string    `json:"token,omitempty"` // digest of what was refused; "" for a failure
	ID    ui.ID     `json:"id"`
	Code  ui.Code   `json:"code"`
	Text  string    `json:"text"`
	Fix   []ui.Step `json:"fix,omitempty"`
}

// remembered is an error that another process met.
type remembered struct{ text string }

func (r remembered) Error() string { return r.text }

// Remember keeps an error, so that nobody tries the same for the next 30 to 60 seconds, or for as long as the server asks, up to
// five minutes. What has no ID, or was remembered itself, is not kept.
func (m Memory) Remember(name string, err error) {
	if m.Notes == nil || !worthKeeping(err) {
		return
	}
	pause := rest + rand.N(rest) //nolint:gosec // spreads processes, hides nothing
	pause = max(pause, min(httpclient.AskedToWait(err), longestRest))
	n := m.noteOf(err)
	n.Until = n.At.Add(pause)
	m.write(m.failureName(name), n)
}

// Recall returns an error that Remember kept and whose time is not over, with when it was and when the next attempt is due; nil
// if there is none.
func (m Memory) Recall(name string) error {
	_, err := m.Lately(name)
	return err
}

// Lately is Recall, with when the failure was.
func (m Memory) Lately(name string) (at time.Time, err error) {
	n, ok := m.read(m.failureName(name))
	if !ok || n.Until.Sub(n.At) > longestRest || !m.Now().Before(n.Until) {
		return time.Time{}, nil
	}
	return n.At, n.error(fmt.Sprintf(" (that was at %s; the next attempt is due at %s)", n.At.Local().Format(clock), n.Until.Local().Format(clock))).
		With(ui.Advice("to try at once: dbxaccess doctor"))
}

// RememberMissing keeps that a server does not offer what was asked for, where there is another way to the same: that is taken at once
// for a day, under the same circumstances. What has no ID, or was remembered itself, is not kept.
func (m Memory) RememberMissing(name string, err error) {
	if m.Notes == nil || !worthKeeping(err) {
		return
	}
	n := m.noteOf(err)
	n.Until = n.At.Add(longestMissing)
	m.write(m.missingName(name), n)
}

// Missing returns an error that RememberMissing kept, with when it was; nil if there is none.
func (m Memory) Missing(name string) error {
	n, ok := m.read(m.missingName(name))
	if !ok || n.Until.Sub(n.At) > longestMissing || !m.Now().Before(n.Until) {
		return nil
	}
	return n.error(fmt.Sprintf(" (that was at %s; it is asked for again after %s, and by dbxaccess doctor)", ui.Local(n.At), ui.Local(n.Until)))
}

// Refuse keeps that a token was refused for good.
func (m Memory) Refuse(name string, token secret.String, err error) {
	if m.Notes == nil || !worthKeeping(err) {
		return
	}
	n := m.noteOf(err)
	n.Token = digest(token)
	m.write(name, n)
}

// Refused tells when a token was refused and why; zero and nil where that is not known of this one.
func (m Memory) Refused(name string, token secret.String) (at time.Time, err error) {
	n, ok := m.read(name)
	if !ok || n.Token != digest(token) {
		return time.Time{}, nil
	}
	return n.At, n.error("")
}

// Any reports whether a token was refused under a name, whichever it was.
func (m Memory) Any(name string) bool {
	_, ok := m.read(name)
	return ok
}

// Forget takes away what is remembered under a name.
func (m Memory) Forget(name string) {
	if m.Notes != nil {
		m.Notes.SetNote(name, nil)
		m.Notes.SetNote(m.failureName(name), nil)
	}
}

// Clear takes everything away: a person wants it tried now.
func (m Memory) Clear() {
	if m.Notes != nil {
		m.Notes.ClearNotes()
	}
}

func worthKeeping(err error) bool { return ui.IDOf(err) != "" && !isRemembered(err) }

func isRemembered(err error) bool {
	_, ok := errors.AsType[remembered](err)
	return ok
}

func (m Memory) noteOf(err error) note {
	n := note{
		At: m.Now().UTC(), ID: ui.IDOf(err), Code: ui.CodeOf(err), Text: ui.Cut(ui.Clean(ui.Told(err)), maxText),
	}
	for _, step := range ui.FixOf(err).Clean() {
		if len(n.Fix) < maxFix {
			n.Fix = append(n.Fix, ui.Step{Text: ui.Cut(step.Text, maxStep), Copied: step.Copied, Admin: step.Admin})
		}
	}
	return n
}

func (n note) error(when string) *ui.Error {
	return ui.Errorf(n.ID, n.Code, "%w", remembered{ui.Clean(n.Text) + when}).With(ui.Fix(n.Fix).Clean())
}

// failureName is that of a failure under the present circumstances.
func (m Memory) failureName(name string) string { return m.here(name) + " failed" }

// missingName is that of what is missing under them.
func (m Memory) missingName(name string) string { return m.here(name) + " missing" }

func (m Memory) here(name string) string {
	if m.Circumstances != nil {
		name += " " + m.Circumstances()
	}
	return name
}

// read returns what can be believed.
func (m Memory) read(name string) (n note, ok bool) {
	if m.Notes == nil {
		return n, false
	}
	data := m.Notes.Note(name)
	if data == nil || json.Unmarshal(data, &n) != nil || n.ID == "" || n.Code == ui.Done || n.At.IsZero() {
		return n, false
	}
	return n, !n.At.After(m.Now().Add(leeway))
}

func (m Memory) write(name string, n note) {
	if data, err := json.Marshal(n); err == nil {
		m.Notes.SetNote(name, data)
	}
}

func digest(token secret.String) string {
	sum := secret.Digest("refused", token.Reveal())
	return hex.EncodeToString(sum[:])
}
