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

// knownRole has an error about a role that the map does not have name the command that lists those that it has: all, and not those of who
// is signed in.
func knownRole(err error, file string) error {
	if e, ok := errors.AsType[*ui.Error](err); ok && e.ID == "role-unknown" {
		known := *e
		known.Fix = slices.Clone(e.Fix)
		for i, step := range known.Fix {
			if step.Text == "dbxaccess roles" {
				known.Fix[i].Text = again(file, "show")
			}
		}
		return &known
	}
	return err
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
