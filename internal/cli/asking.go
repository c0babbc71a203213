package cli

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Asking is whom an answer about roles is for and of which map, so that a request for one is about the same. The zero value is
// who is signed in, and the map in use.
type Asking struct {
	Map      string // a file; - for standard input, which nobody can read twice
	Groups   []string
	Identity string
}

// Command is what works out how to come to a role, in one line for a shell.
func (a Asking) Command(role string) string {
	words := []string{"dbxaccess map request " + role}
	if groups := slices.DeleteFunc(slices.Clone(a.Groups), func(g string) bool { return g == "" }); len(groups) > 0 {
		var list strings.Builder
		w := csv.NewWriter(&list) // as the flag is read
		_ = w.Write(groups)
		w.Flush()
		words = append(words, "--groups "+shellWord(strings.TrimSuffix(list.String(), "\n")))
	}
	switch a.Map {
	case "":
	case "-":
		words = append(words, "--map FILE")
	default:
		words = append(words, "--map "+shellWord(a.Map))
	}
	if a.Identity != "" {
		words = append(words, "--identity "+shellWord(a.Identity))
	}
	return ui.Clean(strings.Join(words, " "))
}

// shellWord quotes what a shell would read as more than a word.
func shellWord(s string) string {
	if ui.IsPlain(s, "-_./,:@+") {
		return s
	}
	return ui.Quote(s)
}

// AskLine prints how to ask for a role. It is copied, so it is one line however narrow the terminal is.
func (a Asking) AskLine(env *Env, role string) {
	fmt.Fprintf(env.Streams.Out, "  %-8s %s\n", "ask", a.Command(role))
}
