package picker

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func roles() *list {
	return newList(Question{Text: "Which role?", Keep: "as the default", Options: []ui.Option{
		{Name: "ml-reader", Note: "Read the feature store"},
		{Name: "ml-trainer", Note: "Train the churn model"},
		{Name: "ml-ops", Note: "Trainer of operators"},
		{Name: "payroll"},
	}})
}

// press types into a list.
func press(l *list, text string) (last outcome) {
	for _, k := range pressed(text) {
		last = l.press(k)
	}
	return last
}

func names(l *list) (names []string) {
	for _, i := range l.found {
		names = append(names, l.question.Options[i].Name)
	}
	return names
}

func TestWhatIsTypedIsSearchedInNamesAndNotes(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"":                     "ml-reader ml-trainer ml-ops payroll",
		"trainer":              "ml-trainer ml-ops", // names before notes
		"TRAIN":                "ml-trainer ml-ops",
		"churn ml":             "ml-trainer",
		"ml  the":              "ml-reader ml-trainer",
		"nothing":              "",
		"nothing\x15pay":       "payroll",
		"pay nothing\x17":      "payroll",
		"pay\x7f\x7f\x7f\x7fr": "ml-reader ml-trainer payroll ml-ops",
	} {
		l := roles()
		press(l, typed)
		if got := strings.Join(names(l), " "); got != want {
			t.Errorf("%q finds %s, want %s", typed, got, want)
		}
	}
}

func TestKeysMoveAndTake(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]struct {
		outcome outcome
		name    string
	}{
		"\r":                         {taken, "ml-reader"},
		"\x1b[B\x1b[B\r":             {taken, "ml-ops"},
		"\x1b[A\r":                   {taken, "ml-reader"},
		"\x1b[F\x1b[B\r":             {taken, "payroll"},
		"\x1b[F\x1b[H\r":             {taken, "ml-reader"},
		"\x0e\x0e\x10\x12":           {kept, "ml-trainer"},
		"train\x1b[B\r":              {taken, "ml-ops"},
		"\x1b[Btrain\r":              {taken, "ml-trainer"}, // the mark goes to the first that fits
		"nothing\r":                  {open, ""},
		"nothing\x12\x1b[B\x1b[F\r":  {open, ""},
		"nothing\x1b[5~\x15\x1b[B\r": {taken, "ml-trainer"},
		"\x1b":                       {left, ""},
		"pay\x04":                    {left, ""},
	} {
		l := roles()
		got := press(l, typed)
		if got != want.outcome || want.name != "" && l.question.Options[l.chosen()].Name != want.name {
			t.Errorf("%q: %v, at %d of %v", typed, got, l.at, names(l))
		}
	}
	l := roles()
	if l.question.Keep = ""; press(l, "\x12") != open {
		t.Error("a key that is not offered takes one")
	}
}

func TestWhatIsTypedIsBoundedAndClean(t *testing.T) {
	t.Parallel()
	l := roles()
	press(l, strings.Repeat("x", 1000)+"\u202e\u200b")
	if len(l.typed) != maxTyped || strings.Trim(string(l.typed), "x") != "" {
		t.Errorf("%q is searched for", string(l.typed))
	}
}

// What is on the screen fits it, and has the marked option, wherever one goes, at any size and any resizing.
func TestTheMarkIsAlwaysOnTheScreen(t *testing.T) {
	t.Parallel()
	l := newList(Question{Text: "Which role?", Options: many(200)})
	for i, keys := 0, []string{"\x1b[6~", "\x1b[B", "\x1b[F", "\x1b[5~", "\x1b[A", "\x1b[H", "1", "\x15", "\x1b[6~\x1b[6~\x1b[6~"}; i < 300; i++ {
		press(l, keys[i*7%len(keys)])
		columns, rows := 20+i*13%120, leastRows+i*5%40
		lines, cursor := l.view(io.Discard, columns, rows)
		marked := slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, mark+l.question.Options[l.chosen()].Name[:5]) })
		if !marked || len(lines) > rows || cursor >= columns {
			t.Fatalf("%d × %d, at %d, cursor %d:\n%s", columns, rows, l.at, cursor, strings.Join(lines, "\n"))
		}
		for _, line := range lines {
			if ui.Width(line) >= columns {
				t.Fatalf("%d × %d: a line of %d columns: %s", columns, rows, ui.Width(line), line)
			}
		}
	}
}

func many(n int) (options []ui.Option) {
	for i := range n {
		options = append(options, ui.Option{Name: fmt.Sprintf("role-%03d", i), Note: strings.Repeat("日本語 ", i%30)})
	}
	return options
}
