//go:build linux

package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var (
	inlineCode = regexp.MustCompile("(?s)`([^`\n]+(?:\n[^`\n]+)?)`")
	// ours is where a command line of ours begins: in front, behind what begins a command in a shell, or as a program with its path.
	ours = regexp.MustCompile(`(?:^|[|;&(] |\$\(|-- |[:=] (?:\S*/)?|(?:^|\s)- |\$ )(?:sudo )?dbxaccess(?:-admin)?( |$)`)
)

// Whatever a page names as a command of ours, the program has: the command, its options, and the words that these take.
func TestPagesShowOnlyCommandsThereAre(t *testing.T) {
	t.Parallel()
	root, found := shownTree(), 0
	for _, name := range currentPages(t) {
		blocks, prose := blocksOf(name, page(t, name))
		text := strings.Join(prose, "\n")
		for _, span := range inlineCode.FindAllStringSubmatchIndex(text, -1) {
			at := fmt.Sprintf("%s:%d", name, 1+strings.Count(text[:span[0]], "\n"))
			code := strings.ReplaceAll(strings.Join(strings.Fields(text[span[2]:span[3]]), " "), `\|`, "|")
			found += holdCommands(t, root, at, code, true)
		}
		for _, b := range blocks {
			for i, line := range strings.Split(strings.ReplaceAll(b.text(), "\\\n", " "), "\n") {
				found += holdCommands(t, root, b.at(i), line, false)
			}
		}
	}
	if found < 800 {
		t.Errorf("only %d commands are found", found)
	}
}

// holdCommands checks each command line of ours in some code, and says how many there are. In text a command may stand without the program.
func holdCommands(t *testing.T, root *cobra.Command, at, code string, inText bool) (found int) {
	t.Helper()
	first, rest, _ := strings.Cut(code, " ")
	if c, _, err := root.Find([]string{first}); inText && err == nil && c != root && c.HasAvailableSubCommands() && rest != "" {
		verb, _, _ := strings.Cut(rest, " ")
		if _, _, err := c.Find([]string{verb}); err == nil && (verb[0] == '-' || wordOnly.MatchString(verb)) {
			code = "dbxaccess " + code
		}
	}
	for _, match := range ours.FindAllStringSubmatchIndex(code, -1) {
		found++
		if err := understood(root, code[match[2]:], inText); err != nil {
			t.Errorf("%s: %s: %v", at, code[match[0]:], err)
		}
	}
	return found
}

var (
	wordOnly = regexp.MustCompile(`^[a-z][a-z-]+$`)
	// placeholder is what stands in a page for what a person has: ROLE, s3://BUCKET/, an ellipsis.
	placeholder = regexp.MustCompile(`^(?:[A-Z][A-Z0-9_-]*…?|…)$`)
	operators   = []string{"|", "||", ">", ">>", "2>", "2>&1", "&&", ";", "<", "#", "&", "("}
)

// understood tells what the program would not understand of what stands behind its name. Text may name an option without its value, and
// leave the end of the line out: `exec ROLE`.
func understood(root *cobra.Command, line string, inText bool) error {
	words, partial := shellWords(line)
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if len(words) == 0 || cmd.DisableFlagParsing {
		return nil
	}
	cmd.InitDefaultHelpFlag()
	if cmd == root {
		cmd.InitDefaultVersionFlag()
	}
	rest = withoutPlaceholders(cmd, rest)
	cmd.Flags().Init(cmd.Name(), pflag.ContinueOnError) // forgets where the line before had its --
	if err := cmd.ParseFlags(rest); err != nil {
		if _, bare := errors.AsType[*pflag.ValueRequiredError](err); bare && (inText || partial) {
			return nil
		}
		return err
	}
	args := cmd.Flags().Args()
	switch {
	case len(args) == 0 || partial:
		return nil
	case cmd == root && placeholder.MatchString(args[0]):
		return nil
	case cmd == root, cmd.HasAvailableSubCommands() && !strings.Contains(cmd.Use, " "):
		return fmt.Errorf("%s has no %s", cmd.CommandPath(), args[0])
	}
	err = cmd.ValidateArgs(args)
	for _, more := range [][]string{{"X"}, {"--", "X"}} {
		if err == nil || !inText {
			break
		}
		if cmd.ParseFlags(append(slices.Clip(rest), more...)) == nil && cmd.ValidateArgs(cmd.Flags().Args()) == nil {
			return nil
		}
	}
	return err
}

// withoutPlaceholders leaves out each option whose value is to be filled in, with that: it is one that the option takes, if there is such an
// option.
func withoutPlaceholders(cmd *cobra.Command, words []string) (kept []string) {
	_ = cmd.InheritedFlags() // has them known to cmd.Flags
	for _, word := range words {
		if last := len(kept) - 1; last >= 0 && placeholder.MatchString(word) && strings.HasPrefix(kept[last], "-") && kept[last] != "--" {
			name := strings.TrimLeft(kept[last], "-")
			f := cmd.Flag(name)
			if len(name) == 1 {
				f = cmd.Flags().ShorthandLookup(name)
			}
			if f != nil && f.NoOptDefVal == "" {
				kept = kept[:last]
				continue
			}
		}
		kept = append(kept, word)
	}
	return kept
}

// shellWords are the words of a command line up to its end, where a pipe or a comment begins or a substitution ends. The marks of optional
// parts are left out. It is partial where an ellipsis stands for more.
func shellWords(line string) (words []string, partial bool) {
	var word strings.Builder
	quote, depth, started := rune(0), 0, false
	end := func() {
		if started {
			words = append(words, word.String())
		}
		word.Reset()
		started = false
	}
scan:
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
			continue
		case quote == 0 && (c == '"' || c == '\'') && depth == 0:
			quote, started = c, true
			continue
		case c == '(':
			depth++
		case c == ')' && quote == 0:
			if depth--; depth < 0 {
				break scan
			}
		case c == ' ' && quote == 0 && depth == 0:
			end()
			continue
		}
		started = true
		word.WriteRune(c)
	}
	end()
	var kept []string
	for _, w := range words {
		if slices.Contains(operators, w) {
			break
		}
		if w == "[options]" { // of a synopsis
			continue
		}
		w = strings.Trim(w, "[]")
		if strings.Contains(w, "…") {
			partial = true
			if len(kept) == 0 || !strings.HasPrefix(kept[len(kept)-1], "-") { // no value
				continue
			}
		}
		before, ends := strings.CutSuffix(w, ";")
		if kept = append(kept, before); ends {
			break
		}
	}
	return kept, partial
}

// shownTree has the commands of both programs, and a version to print.
func shownTree() *cobra.Command {
	root := manual()
	root.Version = "1.2.3"
	return root
}

func TestPagesCommandsAreUnderstood(t *testing.T) {
	t.Parallel()
	root := shownTree()
	for line, want := range map[string]string{
		"login --force":                       "",
		"login --forcefully":                  "unknown flag: --forcefully",
		"map trust ROLE --subject A > x":      "",
		"map trst ROLE":                       "has no trst",
		"map show -o jsn":                     "must be one of",
		"map show -o FORMAT":                  "",
		"map who DATASET [--action write]":    "",
		"drift [ROLE…] | jq .":                "",
		`exec r -- sh -c "a | b" --x`:         "",
		"exec --scope 'a b' R --nope":         "unknown flag: --nope",
		`env r)" --what`:                      "",
		"nothing":                             "has no nothing",
		"status x":                            "takes no argument",
		"--version":                           "",
		"login --reason \"a -- b\" --for ONE": "",
		"agent allow NAME|--all [options]":    "",
		"map check -o … access-map.yaml":      "",
		"login --reason":                      "needs an argument",
		"exec ROLE --":                        "missing after --",
		"exec ROLE":                           "",
		"--debug COMMAND":                     "",
		"map check one two":                   "takes one file",
		"version; dbxaccess nothing":          "",
	} {
		err := understood(root, " "+line, false)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	for line, good := range map[string]bool{"login --reason": true, "exec ROLE --": true, "map check one two": false, "login --nope": false} {
		if err := understood(root, " "+line, true); (err == nil) != good {
			t.Errorf("in text, %s: %v", line, err)
		}
	}
	if n := holdCommands(t, root, "here", `eval "$(dbxaccess env r)" && x | dbxaccess explain; /usr/bin/dbxaccess`, false); n != 2 {
		t.Errorf("%d commands are found", n)
	}
}
