package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Again is a command as it was typed, in one line and without --yes, for who has to type it once more. command are its own words.
func Again(cmd *cobra.Command, command string, args ...string) string {
	words := []string{command}
	for _, arg := range args {
		words = append(words, ui.Word(ui.Clean(arg)))
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			switch {
			case f.Name == "yes":
			case f.Value.Type() == "bool":
				words = append(words, "--"+f.Name)
			default:
				words = append(words, "--"+f.Name, ui.Word(ui.Clean(value)))
			}
		}
	})
	return strings.Join(words, " ")
}

// Given are options, by their names and values, as words of a command: those that have a value. It is for a command that leads to another,
// which has not all of its options.
func Given(options [][2]string) (words []string) {
	for _, option := range options {
		if option[1] != "" {
			words = append(words, "--"+option[0], ui.Word(ui.Clean(option[1])))
		}
	}
	return words
}
