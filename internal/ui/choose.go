package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Option is one of several things to choose from.
type Option struct {
	Name    string // what a person may type, whole or a part that no other has; unique and clean
	Note    string // says more; may be empty
	Default bool   // chosen by pressing Enter; at most one is
}

// mostFitting is how many options a wrong answer is told of.
const mostFitting = 8

// wrongAnswers is how often a person may type what is not offered.
const wrongAnswers = 3

// Choose lets the person choose one of the options by number or name, and returns its index. Ctrl-C is the context's
// error. It may only be called where the streams are Interactive.
func (s *Streams) Choose(ctx context.Context, question string, options []Option) (int, error) {
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.Name
	}
	fix := Advice("name one of: " + strings.Join(names, ", "))
	if !s.Interactive {
		return 0, Errorf("choice-needs-terminal", Usage, "there is no terminal to choose on").With(fix)
	}
	s.showOptions(question, options)
	prompt := "Number or name: "
	preset := slices.IndexFunc(options, func(o Option) bool { return o.Default })
	if preset >= 0 {
		prompt = "Number or name [" + names[preset] + "]: "
	}
	for range wrongAnswers {
		answer, err := s.Ask(ctx, prompt)
		answer = strings.TrimSpace(answer)
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case errors.Is(err, io.EOF) && answer == "":
			fmt.Fprintln(s.Err)
			return 0, Errorf("nothing-chosen", Usage, "nothing was chosen").With(fix)
		case err != nil && !errors.Is(err, io.EOF):
			return 0, err
		case answer == "" && preset >= 0:
			return preset, nil
		}
		chosen, problem := pick(answer, names)
		if problem == "" {
			return chosen, nil
		}
		fmt.Fprintln(s.Err, problem)
	}
	return 0, Errorf("nothing-chosen", Usage, "nothing that is offered was chosen").With(fix)
}

func (s *Streams) showOptions(question string, options []Option) {
	list := &Table{}
	digits := len(strconv.Itoa(len(options)))
	for i, o := range options {
		list.Rows = append(list.Rows, []Cell{{fmt.Sprintf("  %*d", digits, i+1), Faint}, {o.Name, Bold}, {o.Note, Plain}})
	}
	fmt.Fprintln(s.Err, Clean(question))
	_ = list.Print(s.Err) // as with all that is written to stderr
}

// pick finds the option an answer means, or says what is wrong with it.
func pick(answer string, names []string) (index int, problem string) {
	if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(names) {
		return n - 1, ""
	}
	if i := slices.Index(names, answer); i >= 0 {
		return i, ""
	}
	var fitting []string
	for _, begins := range []func(s, part string) bool{strings.HasPrefix, strings.Contains} {
		for _, name := range names {
			if answer != "" && len(fitting) <= mostFitting && begins(strings.ToLower(name), strings.ToLower(answer)) {
				fitting = append(fitting, name)
			}
		}
		if len(fitting) > 0 {
			break
		}
	}
	switch {
	case len(fitting) == 1:
		return slices.Index(names, fitting[0]), ""
	case len(fitting) > mostFitting:
		return 0, fmt.Sprintf("%q fits more than %d.", Clean(answer), mostFitting)
	case len(fitting) > 1:
		return 0, fmt.Sprintf("%q fits several: %s.", Clean(answer), strings.Join(fitting, ", "))
	}
	if near := Nearest(answer, slices.Values(names)); near != "" {
		return 0, fmt.Sprintf("%q is not there. Did you mean %s?", Clean(answer), near)
	}
	return 0, fmt.Sprintf("Type a number from 1 to %d, or a name.", len(names))
}
