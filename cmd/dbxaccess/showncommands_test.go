//go:build linux

package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var (
	inlineCode = regexp.MustCompile("(?s)`([^`\n]+(?:\n[^`\n]+)?)`")
	// ours is where a command line of ours begins: in front, behind what begins a command in a shell, or as a program with its path.
	ours = regexp.MustCompile(`(?:^|[|;&(] |\$\(|-- |[:=] (?:\S*/)?|(?:^|\s)- |\$ )(?:sudo )?dbxaccess(?:-admin)?((?: +\S.*)?)$`)
)

// Whatever a page names as a command of ours, the program has: the command, its options, and the words that these take.
func TestPagesShowOnlyCommandsThereAre(t *testing.T) {
	t.Parallel()
	found := 0
	for _, name := range docPages(t) {
		root := manual()
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
	for end := len(code); end > 0; {
		match := ours.FindStringSubmatchIndex(code[:end])
		if match == nil {
			break
		}
		found++
		if err := understood(root, code[match[2]:match[3]]); err != nil {
			t.Errorf("%s: %s: %v", at, code[match[0]:match[3]], err)
		}
		end = match[0]
	}
	return found
}

var (
	wordOnly = regexp.MustCompile(`^[a-z][a-z-]+$`)
	// placeholder is what stands in a page for what a person has: ROLE, s3://BUCKET/, an ellipsis.
	placeholder = regexp.MustCompile(`^[A-Z][A-Z0-9_-]*…?$`)
	operators   = []string{"|", "||", ">", ">>", "2>", "2>&1", "&&", ";", "<", "#", "&", "("}
)

// understood tells what the program would not understand of what stands behind its name.
func understood(root *cobra.Command, line string) error {
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
	for i := 1; i < len(rest); i++ {
		// A value that is to be filled in is one that the option takes: leave both out, if there is such an option.
		if placeholder.MatchString(rest[i]) && strings.HasPrefix(rest[i-1], "-") && rest[i-1] != "--" {
			if f := cmd.Flag(strings.TrimLeft(rest[i-1], "-")); f != nil && f.NoOptDefVal == "" {
				rest = append(rest[:i-1:i-1], rest[i+1:]...)
				i--
			}
		}
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	args := cmd.Flags().Args()
	switch {
	case len(args) == 0 || partial:
		return nil
	case cmd.HasAvailableSubCommands() && !cmd.Runnable():
		return fmt.Errorf("%s has no %s", cmd.CommandPath(), args[0])
	}
	return cmd.ValidateArgs(args)
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
		for _, operator := range operators {
			if w == operator {
				return kept, partial
			}
		}
		w = strings.Trim(w, "[]")
		if strings.Contains(w, "…") {
			partial = true
			continue
		}
		kept = append(kept, strings.TrimSuffix(w, ";"))
	}
	return kept, partial
}

func TestWhatAPageSaysIsUnderstood(t *testing.T) {
	t.Parallel()
	root := manual()
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
		"nothing":                             "unknown command",
		"status x":                            "takes no argument",
		"--version":                           "",
		"login --reason \"a -- b\" --for ONE": "",
	} {
		err := understood(root, " "+line)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	if n := holdCommands(t, root, "here", `eval "$(dbxaccess env r)" && x | dbxaccess explain; /usr/bin/dbxaccess`, false); n != 2 {
		t.Errorf("%d commands are found", n)
	}
}
