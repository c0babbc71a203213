package mapcmd

import (
	"errors"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// again is a command of this program about the map that was asked about here: with its --map, where one was named.
func again(file string, words ...string) string {
	line := "dbxaccess map"
	for _, word := range words {
		line += " " + ui.Word(word)
	}
	if file != "" {
		line += " --map " + ui.Word(file)
	}
	return line
}

// withSubjects adds --subject, as often as it was given.
func withSubjects(subjects []string) (words []string) {
	for _, s := range subjects {
		words = append(words, "--subject", s)
	}
	return words
}

// known has an error about a role or dataset that the map does not have, or not in this way, name the command that lists those that it has:
// all of the map that was asked about, and not those of who is signed in.
func known(err error, file string) error {
	e, ok := errors.AsType[*ui.Error](err)
	if !ok || !slices.Contains([]ui.ID{"role-unknown", "role-only-inherited", "dataset-unknown"}, e.ID) {
		return err
	}
	told := *e
	told.Fix = slices.Clone(e.Fix)
	for i, step := range told.Fix {
		if step.Text == "dbxaccess roles" || step.Text == "dbxaccess map show" {
			told.Fix[i].Text = again(file, "show")
		}
	}
	return &told
}

// note tells a person something beside the answer: in a line that can be searched, or on a terminal in as many as it takes. A command stays whole.
func note(env *cli.Env, text, command string) {
	text = ui.Hang(env.Streams.Err, ui.Clean(text), 0)
	if _, terminal := env.Streams.Err.(*ui.Screen); terminal && command != "" {
		text += "\n  " + command
	} else {
		text = strings.TrimSpace(text + " " + command)
	}
	env.Console.Info("%s", text)
}
