package ui

import "testing"

func TestAWarningIsOneSentence(t *testing.T) {
	t.Parallel()
	for want, w := range map[string]Warning{
		"it is so":                       {ID: "x", What: "it is so"},
		"X is set and wins: unset X":     {Subject: "X", What: "is set and wins", Fix: Command("unset X")},
		"it is so; take it out":          {What: "it is so", Fix: Advice("take it out")},
		"it is so; that matters":         {What: "it is so", Why: "that matters"},
		"it is so; that matters: a":      {What: "it is so", Why: "that matters", Fix: Advice("a")},
		"it is so: unset X, then run it": {What: "it is so", Fix: append(Command("unset X"), Advice("run it")...)},
	} {
		if got := w.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
