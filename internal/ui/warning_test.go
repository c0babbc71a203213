package ui

import "testing"

func TestAWarningIsOneSentence(t *testing.T) {
	t.Parallel()
	for want, w := range map[string]Warning{
		"it is so":                       {ID: "x", What: "it is so"},
		"it is so: unset X":              {What: "it is so", Fix: []string{"unset X"}},
		"it is so; that matters":         {What: "it is so", Why: "that matters"},
		"it is so; that matters: a":      {What: "it is so", Why: "that matters", Fix: []string{"a"}},
		"it is so: unset X, then run it": {What: "it is so", Fix: []string{"unset X", "run it"}},
	} {
		if got := w.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
