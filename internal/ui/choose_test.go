package ui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func roles() []Option {
	return []Option{
		{Name: "ml-reader", Note: "Read the feature store"},
		{Name: "ml-trainer", Note: "Train the churn model", Default: true},
		{Name: "ops"},
	}
}

func choosing(typed string) (*Streams, *bytes.Buffer) {
	var shown bytes.Buffer
	return &Streams{In: strings.NewReader(typed), Err: &Screen{Terminal: &shown, Width: 80}, Interactive: true}, &shown
}

func TestChooseTakesNumbersNamesAndBeginnings(t *testing.T) {
	for typed, want := range map[string]int{
		"1\n": 0, "3\r\n": 2, "ml-reader\n": 0, " ops \n": 2, "o\n": 2, "ml-t\n": 1, "\n": 1, "1": 0,
		"4\n3\n":         2,
		"0\nml\nml-r\n":  0,
		"trainer\n":      1, // by any part that no other has
		"READER\n":       0,
		"nothing\n \n":   1, // Enter takes the default
		"ml-trianer\n2 ": 1,
	} {
		s, shown := choosing(typed)
		if got, err := s.Choose(t.Context(), "Which role?", roles()); got != want || err != nil {
			t.Errorf("typed %q: %d, %v; want %d\n%s", typed, got, err, want, shown)
		}
	}
}

func TestANameThatBeginsAnotherCanBeChosen(t *testing.T) {
	for typed, want := range map[string]int{"ml\n": 1, "ml-x\n": 0, "ml-\n": 0, "m\nml\n": 1} {
		s, shown := choosing(typed)
		if got, err := s.Choose(t.Context(), "Which role?", []Option{{Name: "ml-x"}, {Name: "ml"}}); got != want || err != nil {
			t.Errorf("typed %q: %d, %v; want %d\n%s", typed, got, err, want, shown)
		}
	}
}

func TestChooseShowsWhatThereIs(t *testing.T) {
	s, shown := choosing("ml\nml-trianer\n1\n")
	if _, err := s.Choose(t.Context(), "Which role?", roles()); err != nil {
		t.Fatal(err)
	}
	want := `Which role?
  1  ml-reader   Read the feature store
  2  ml-trainer  Train the churn model
  3  ops
Number or name [ml-trainer]: "ml" fits several: ml-reader, ml-trainer.
Number or name [ml-trainer]: "ml-trianer" is not there. Did you mean ml-trainer?
Number or name [ml-trainer]: `
	if got := shown.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestChooseGivesUp(t *testing.T) {
	s, shown := choosing("x\ny\n4\n1\n")
	_, err := s.Choose(t.Context(), "Which role?", roles())
	if IDOf(err) != "nothing-chosen" || CodeOf(err) != Usage || HintOf(err) != "name one of: ml-reader, ml-trainer, ops" {
		t.Errorf("three wrong answers: %v, %q", err, HintOf(err))
	}
	if rest, _ := io.ReadAll(s.In); string(rest) != "1\n" || strings.Count(shown.String(), "Number or name") != 3 {
		t.Errorf("what follows the third answer is not ours, %q is left:\n%s", rest, shown)
	}
	s, _ = choosing("")
	if _, err := s.Choose(t.Context(), "Which role?", roles()); IDOf(err) != "nothing-chosen" || CodeOf(err) != Usage {
		t.Errorf("end of input: %v", err)
	}
	s, _ = choosing("\n\n\n")
	if _, err := s.Choose(t.Context(), "Which role?", roles()[2:]); IDOf(err) != "nothing-chosen" || CodeOf(err) != Usage {
		t.Errorf("Enter takes nothing where there is no default: %v", err)
	}
	s, shown = choosing("1\n")
	s.Interactive = false
	if _, err := s.Choose(t.Context(), "Which role?", roles()); IDOf(err) != "choice-needs-terminal" || CodeOf(err) != Usage || shown.Len() > 0 {
		t.Errorf("without a terminal: %v, shown %q", err, shown)
	}
}

func TestCtrlCEndsAQuestionAtOnce(t *testing.T) {
	s, shown := choosing("")
	keyboard, hand := io.Pipe() // no one types
	defer hand.Close()
	s.In = keyboard
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Choose(ctx, "Which role?", roles())
	if !errors.Is(err, context.Canceled) || CodeOf(err) != Interrupted || !strings.HasSuffix(shown.String(), ": \n") {
		t.Errorf("got %v, shown %q", err, shown)
	}
}

func TestAnAnswerIsBounded(t *testing.T) {
	s, _ := choosing(strings.Repeat("x", maxAnswer+1))
	if answer, err := s.Ask(t.Context(), "? "); err == nil || answer != "" {
		t.Errorf("got %d bytes, %v", len(answer), err)
	}
}

func TestNothingIsAskedHiddenWithoutATerminal(t *testing.T) {
	s, shown := choosing("secret\n")
	if answer, err := s.AskHidden(t.Context(), "Passphrase: "); err == nil || answer != "" || shown.Len() > 0 {
		t.Errorf("got %q, %v, shown %q", answer, err, shown)
	}
}
