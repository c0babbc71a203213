// Package picker lets a person choose one of many things: with the arrow keys, and by typing parts of its name or its note.
//
// In come options, and a terminal whose keys can be read one by one; out comes what was chosen. It draws below the cursor, takes
// all of it away again, and gives the terminal back as it was, whatever ends it. It must never send a terminal a question (one
// that does not answer would be waited for, and a late answer be typed into the shell), never write to stdout, which a shell may
// be capturing, and never read a key that was not meant for it. Where keys can't be had one by one it asks for a number.
package picker

import (
	"context"
	"errors"
	"os"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Question is what is asked.
type Question struct {
	Text    string
	Options []ui.Option // their names unique and clean; the first come first
	Filter  string      // as if it had been typed already
	// Keep says what else a second key does when it takes an option, as in "as the default"; "" for no such key.
	Keep string
}

// Answer is what was chosen.
type Answer struct {
	Index int  // of the option
	Keep  bool // it was taken with the second key
}

// errNoKeys is the error of a terminal whose keys can't be read one by one.
var errNoKeys = errors.New("this terminal gives whole lines only")

// leastRows is what a list takes at least: the question, one option, the keys.
const leastRows = 3

// Ask lets the person choose. Esc is an error with the code Interrupted, Ctrl-C the context's. It may only be called where the
// streams are Interactive; elsewhere, the error lists the options.
func Ask(ctx context.Context, streams *ui.Streams, q Question) (Answer, error) {
	screen, isScreen := streams.Err.(*ui.Screen)
	keyboard, isFile := streams.In.(*os.File)
	if streams.Interactive && isScreen && isFile && !screen.Dumb {
		t, err := take(keyboard, screen)
		if err == nil {
			return t.ask(ctx, newList(q))
		}
	}
	i, err := streams.Choose(ctx, q.Text, q.Options)
	return Answer{Index: i}, err
}

// ask draws the list after each key until one of them ends it.
func (t *terminal) ask(ctx context.Context, l *list) (Answer, error) {
	defer ui.WhileStopped(t.leave, t.resume)()
	defer t.end()
	var typed typed
	for {
		if err := ctx.Err(); err != nil {
			return Answer{}, err
		}
		if err := t.draw(l); err != nil {
			return Answer{}, err
		}
		silent, err := t.read(&typed)
		if err != nil {
			return Answer{}, err
		}
		for {
			k, ok := typed.next(silent)
			if !ok {
				break
			}
			switch l.press(k) {
			case taken:
				return Answer{Index: l.chosen()}, nil
			case kept:
				return Answer{Index: l.chosen(), Keep: true}, nil
			case left:
				return Answer{}, ui.Errorf("choice-left", ui.Interrupted, "nothing was chosen")
			}
		}
	}
}
