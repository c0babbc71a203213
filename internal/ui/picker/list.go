package picker

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxTyped bounds what is searched for, in characters.
const maxTyped = 60

// outcome is what a key made of the list.
type outcome int

const (
	open  outcome = iota // it goes on
	taken                // an option is chosen
	kept                 // it is, with the second key
	left                 // the person does not want any
)

// list is what is shown, and where the person is in it. It knows no terminal.
type list struct {
	question Question
	hay      []string // of each option, what is searched
	typed    []rune

	found []int // the options that have all that was typed
	at    int   // which of those is marked
	top   int   // which of those is the first on the screen
	page  int   // how many are
}

func newList(q Question) *list {
	l := &list{question: q, typed: []rune(q.Filter), page: 1}
	for _, o := range q.Options {
		l.hay = append(l.hay, strings.ToLower(o.Name+" "+ui.Clean(o.Note)))
	}
	l.search()
	l.at = max(0, slices.IndexFunc(l.found, func(i int) bool { return q.Options[i].Default }))
	return l
}

// search finds the options that have each of the words somewhere; those with all of them in the name come first.
func (l *list) search() {
	words := strings.Fields(strings.ToLower(string(l.typed)))
	has := func(text string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
	}
	l.found, l.at, l.top = nil, 0, 0
	var byNote []int
	for i, o := range l.question.Options {
		switch {
		case has(strings.ToLower(o.Name)):
			l.found = append(l.found, i)
		case has(l.hay[i]):
			byNote = append(byNote, i)
		}
	}
	l.found = append(l.found, byNote...)
}

// chosen is the index of the marked option. There is one whenever press has said that it was taken.
func (l *list) chosen() int { return l.found[l.at] }

func (l *list) press(k key) outcome {
	last := len(l.found) - 1
	switch k {
	case noKey:
	case up:
		l.at = max(0, l.at-1)
	case down:
		l.at = max(0, min(last, l.at+1))
	case pageUp:
		l.at = max(0, l.at-l.page)
	case pageDown:
		l.at = max(0, min(last, l.at+l.page))
	case home:
		l.at = 0
	case end:
		l.at = max(0, last)
	case enter:
		if last >= 0 {
			return taken
		}
	case keep:
		if last >= 0 && l.question.Keep != "" {
			return kept
		}
	case escape:
		return left
	default:
		l.edit(k)
	}
	return open
}

// edit changes what is searched for.
func (l *list) edit(k key) {
	switch n := len(l.typed); {
	case k == eraseAll:
		l.typed = nil
	case k == erase:
		l.typed = l.typed[:max(0, n-1)]
	case k == eraseWord:
		text := strings.TrimRight(string(l.typed), " ")
		l.typed = []rune(text[:strings.LastIndexByte(text, ' ')+1])
	case k > 0 && n < maxTyped && ui.Clean(string(rune(k))) != "":
		l.typed = append(l.typed, rune(k))
	default:
		return
	}
	l.search()
}
