package use

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkExecLine rejects a wrong command line and suggests the right one, as far as it is known.
func checkExecLine(cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	ours, command := args, []string(nil)
	if dash >= 0 {
		ours, command = args[:dash], args[dash:]
	}
	role := ""
	if len(ours) > 0 {
		role = ours[0]
	}
	wrong := ""
	switch {
	case dash >= 0 && len(command) == 0: // as of `-- "$@"` in a script: no shell was meant
		wrong = "the command is missing after --"
	case len(ours) > 1:
		wrong, command = "-- is missing between the role and the command", append(ours[1:len(ours):len(ours)], command...)
	default:
		return nil
	}
	return ui.Errorf("exec-line-wrong", ui.Usage, "%s", wrong).With(ui.Command(execLine(cmd, role, command)))
}

// execLine is the corrected command line with the flags that were given, ready to copy.
func execLine(cmd *cobra.Command, role string, command []string) string {
	words := []string{cmd.CommandPath()}
	if role == "" {
		words = append(words, "ROLE")
	} else {
		words = append(words, ui.Word(role))
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case f.Value.Type() == "bool":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name, ui.Word(f.Value.String()))
		}
	})
	words = append(words, "--")
	for _, word := range command {
		words = append(words, ui.Word(word))
	}
	if len(command) == 0 {
		words = append(words, "COMMAND", "[ARGS...]")
	}
	return strings.Join(words, " ")
}
