package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shownBlock is a fenced block of a page.
type shownBlock struct {
	page     string
	line     int // of what is first in it
	language string
	file     string   // which the text in front says it is: `trust.json`:
	lines    []string // without the indentation of a list
}

func (b shownBlock) text() string { return strings.Join(b.lines, "\n") + "\n" }

func (b shownBlock) at(line int) string { return fmt.Sprintf("%s:%d", b.page, b.line+line) }

// shownCommand is a command line that a page shows, with what it shows below it.
type shownCommand struct {
	at, text string
	prompted bool // it stands behind a $
	answer   []string
	exits    int // as its comment says: # exits 4
}

// currentPages are the pages that tell of today: decisions tell of the day they were taken.
func currentPages(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(docPages(t), func(name string) bool { return strings.HasPrefix(name, "docs/decisions/") })
}

// blocksOf takes a page apart: its fenced blocks, and its lines with those of the blocks left empty.
func blocksOf(name, text string) (blocks []shownBlock, prose []string) {
	inside, indent := false, ""
	number, begun := 0, 0 // begun: where the text behind the last block begins
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\n")
		fence, found := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case found && !inside && !strings.Contains(fence, "`"):
			inside = true
			indent, _, _ = strings.Cut(line, "`")
			blocks = append(blocks, shownBlock{page: name, line: number + 1, language: fence, file: fileNamed(prose[begun:])})
		case found && inside:
			inside, begun = false, number
		case inside:
			last := &blocks[len(blocks)-1]
			last.lines = append(last.lines, strings.TrimPrefix(line, indent))
		default:
			prose = append(prose, line)
			continue
		}
		prose = append(prose, "")
	}
	return blocks, prose
}

var namesFile = regexp.MustCompile("(?:^|\\s)`([a-z][a-z.-]*\\.(?:json|yaml))`(?: of `[^`]+`)?:$")

// fileNamed is the file that the last line of some text says is shown next.
func fileNamed(prose []string) string {
	for _, line := range slices.Backward(prose) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if match := namesFile.FindStringSubmatch(line); match != nil {
			return match[1]
		}
		break
	}
	return ""
}

var saysExit = regexp.MustCompile(`# exits (\d+)`)

// commands are those of a block: all of one called sh, and of others what stands behind a prompt.
func (b shownBlock) commands() (all []shownCommand) {
	prompted := b.language != "sh" && b.language != "bash"
	for i := 0; i < len(b.lines); i++ {
		line, found := strings.CutPrefix(b.lines[i], "$ ")
		switch {
		case prompted && !found:
			if len(all) > 0 {
				all[len(all)-1].answer = append(all[len(all)-1].answer, b.lines[i])
			}
			continue
		case strings.TrimSpace(line) == "" || strings.HasPrefix(strings.TrimSpace(line), "#"):
			continue
		}
		command := shownCommand{at: b.at(i), text: line, prompted: prompted}
		for !whole(command.text) && i+1 < len(b.lines) {
			i++
			command.text += "\n" + b.lines[i]
		}
		if says := saysExit.FindStringSubmatch(command.text); says != nil {
			_, _ = fmt.Sscan(says[1], &command.exits)
		}
		all = append(all, command)
	}
	return all
}

// unmarked is where a block has a command line of ours that is none of its commands: neither is it a shell's, nor is a $ before the line or
// above it. Blocks called text show what commands take, and no command lines.
func (b shownBlock) unmarked() string {
	if slices.Contains([]string{"sh", "bash", "zsh", "fish", "nu", "text"}, b.language) {
		return ""
	}
	for i, line := range b.lines {
		if strings.HasPrefix(line, "$ ") {
			break
		}
		if strings.HasPrefix(line, "dbxaccess ") || strings.HasPrefix(line, "dbxaccess-admin ") {
			return b.at(i)
		}
	}
	return ""
}

// whole reports whether a shell would run a text as it stands, and not wait for more.
func whole(text string) bool {
	var open []rune // quotes, and parentheses of $(…)
	runes := []rune(text)
	in := func(c rune) bool { return len(open) > 0 && open[len(open)-1] == c }
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		switch {
		case in('\''):
			if c == '\'' {
				open = open[:len(open)-1]
			}
		case c == '\\':
			if i+1 == len(runes) {
				return false
			}
			i++
		case c == '"' && in('"'), c == ')' && in('('):
			open = open[:len(open)-1]
		case c == '"', c == '\'' && !in('"'):
			open = append(open, c)
		case c == '$' && i+1 < len(runes) && runes[i+1] == '(':
			open = append(open, '(')
			i++
		case c == '(' && in('('):
			open = append(open, '(')
		case c == '#' && len(open) == 0 && (i == 0 || runes[i-1] == ' '):
			end := slices.Index(runes[i:], '\n')
			if end < 0 {
				return whole(string(runes[:i]))
			}
			i += end
		}
	}
	return len(open) == 0 && !strings.HasSuffix(strings.TrimSpace(text), "|")
}

func TestCommandsAreFoundOnPages(t *testing.T) {
	t.Parallel()
	blocks, prose := blocksOf("x.md", "a\n1. See `b.json`:\n\n   ```sh\n   # none\n   one \\\n     --two 'a\n   b'   # exits 5\n\n   \"$(three (x) \"|\" |)\" |\n     four # it's\n   ```\n\n```console\n$ five\nshown\n$ six \\\n    seven\n```\n`` ``` ``\n")
	if len(blocks) != 2 || blocks[0].language != "sh" || blocks[0].file != "b.json" || blocks[1].file != "" || blocks[1].line != 15 || prose[0] != "a" || prose[4] != "" || len(prose) != 20 {
		t.Fatalf("%+v\n%q", blocks, prose)
	}
	var got []string
	for _, b := range blocks {
		for _, c := range b.commands() {
			got = append(got, fmt.Sprintf("%s %d %q %q", c.at, c.exits, c.text, c.answer))
		}
	}
	want := []string{
		`x.md:6 5 "one \\\n  --two 'a\nb'   # exits 5" []`,
		`x.md:10 0 "\"$(three (x) \"|\" |)\" |\n  four # it's" []`,
		`x.md:15 0 "five" ["shown"]`,
		`x.md:17 0 "six \\\n    seven" []`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	for text, want := range map[string]string{
		"```\ndbxaccess x\n```\n":                      "x.md:2",
		"```console\na\ndbxaccess-admin x\n$ b\n```\n": "x.md:3",
		"```console\n$ a\ndbxaccess x\n```\n":          "",
		"```text\ndbxaccess x [options]\n```\n":        "",
		"```fish\ndbxaccess x | source\n```\n":         "",
		"```\ndbxaccess-x\nwith dbxaccess x\n```\n":    "",
	} {
		if blocks, _ := blocksOf("x.md", text); blocks[0].unmarked() != want {
			t.Errorf("%q: %q, want %q", text, blocks[0].unmarked(), want)
		}
	}
}

// writeFile writes a file, and makes its directory.
func writeFile(path, content string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), mode)
}
