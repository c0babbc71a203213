package ship

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/sent"
)

// maxHeld is how many lines in a row a sink may refuse before it is taken to refuse all.
const maxHeld = 16

// pass is one way through what a sink does not have.
type pass struct {
	*Shipper

	cursor *sent.Cursor
	report Report
	// What is lost: as it was kept, as the files have shown since, and as the sink has said. It is kept with the line behind it, lest
	// the next pass finds it once more.
	before, read, answered sent.Lost
	// held is how many lines in a row the sink has just refused, and why. They are given up only when it takes a later one: a
	// sink that takes none, as a setting is wrong here or there, loses none.
	held    int
	refusal error
}

// batch is lines that are sent at once, each with what the files had shown to be lost by then.
type batch struct {
	lines []audit.Entry
	lost  []sent.Lost
	bytes int
}

func (b *batch) add(e audit.Entry, lost sent.Lost) {
	b.lines, b.lost, b.bytes = append(b.lines, e), append(b.lost, lost), b.bytes+len(e.Line)
}

// run sends batch after batch.
func (p *pass) run(ctx context.Context) error {
	var b batch
	bounds := p.Sink.Bounds()
	for entry, err := range p.pending() {
		if err != nil {
			return errors.Join(p.send(ctx, b), err)
		}
		full := len(b.lines) >= bounds.Lines || b.bytes+len(entry.Line) > bounds.Bytes
		if len(b.lines) > 0 && (full || b.lines[0].Chain != entry.Chain) {
			if err := p.send(ctx, b); err != nil {
				return err
			}
			b = batch{lines: b.lines[:0], lost: b.lost[:0]}
		}
		b.add(entry, p.read)
	}
	if err := p.send(ctx, b); err != nil {
		return err
	}
	return p.refusal
}

// send sends a batch, line by line where the sink refuses it whole.
func (p *pass) send(ctx context.Context, b batch) error {
	if len(b.lines) == 0 {
		return nil
	}
	rejected, err := p.Sink.Send(ctx, b.lines)
	_, refused := errors.AsType[*RefusedError](err)
	switch {
	case err == nil:
		return p.taken(b, rejected)
	case !refused:
		return err
	case len(b.lines) > 1:
		p.Log.DebugContext(ctx, "sending line by line", "sink", p.Name, "lines", len(b.lines))
		for i := range b.lines {
			if err := p.send(ctx, batch{lines: b.lines[i : i+1], lost: b.lost[i : i+1]}); err != nil {
				return err
			}
		}
		return nil
	}
	p.held, p.refusal = p.held+1, fmt.Errorf("line %d of chain %s: %w", b.lines[0].Sequence, b.lines[0].Chain, err)
	if p.held > maxHeld {
		return p.refusal
	}
	return nil
}

// taken notes that the sink has a batch, before the next one is sent.
func (p *pass) taken(b batch, rejected int) error {
	last := b.lines[len(b.lines)-1]
	p.report.Sent += len(b.lines)
	p.answered.Rejected += rejected
	p.answered.Refused += p.held
	p.held, p.refusal = 0, nil
	p.report.Head = last.Head()
	p.cursor.Head, p.cursor.File = last.Head(), filepath.Base(last.File)
	p.cursor.Lost = p.before.Plus(b.lost[len(b.lost)-1]).Plus(p.answered)
	if p.cursor.Lost.Any() && p.cursor.Lost.Since.IsZero() {
		p.cursor.Lost.Since = p.Now().UTC()
	}
	return p.save(p.cursor)
}
