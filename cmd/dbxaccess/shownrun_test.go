//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// TestEveryShownCommandRuns types what the pages show, in order, in a shell at a terminal of a person whose company is a sandbox:
// each command line of a block called sh, and of others each behind a $. Each has to end as the page says: well, with all of ours that it runs,
// or with the exit code of a comment (# exits 4); and where the page shows an answer, that has to be what is written. What can't be run here as it stands is in
// testdata/shown/table.yaml.
func TestEveryShownCommandRuns(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	bash := needed.Program(t, "bash")
	table, pages := readShownTable(t), shownCommands(t)
	shown, ran, runs := 0, 0, map[string][]shownRun{}
	for name, commands := range pages {
		runs[name] = runsOf(name, commands, table)
		shown += len(commands)
		ran += len(runs[name])
	}
	table.stale(t, pages)
	for name, before := range table.Pages {
		if len(runs[name]) > 0 {
			ran -= len(before.Before)
		}
	}
	t.Logf("%d commands of %d pages are run, %d are not", ran, len(pages), shown-ran)
	for name, runs := range runs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runShown(t, bash, name, runs, table)
		})
	}
}

// shownCommands are all, by page. A command line in a block whose language does not tell that it is one would be typed by nobody.
func shownCommands(t *testing.T) map[string][]shownCommand {
	t.Helper()
	all := map[string][]shownCommand{}
	for _, name := range currentPages(t) {
		blocks, _ := blocksOf(name, page(t, name))
		for _, b := range blocks {
			if !isScript(b) && b.language != "zsh" && b.language != "fish" && b.language != "nu" {
				all[name] = append(all[name], b.commands()...)
			}
			if at := b.unmarked(); at != "" {
				t.Errorf("%s: a command line in a block called %q, which is not run: call it sh, or put a $ before the line", at, b.language)
			}
		}
	}
	for name, commands := range all {
		if len(commands) == 0 {
			delete(all, name)
		}
	}
	if len(all) < 50 {
		t.Errorf("only %d pages have commands", len(all))
	}
	return all
}

// isScript reports whether a block is a program of its own, which a later command calls by its name.
func isScript(b shownBlock) bool { return len(b.lines) > 0 && strings.HasPrefix(b.lines[0], "#!") }

const commandMark = "\x1e" // before each command's number, in what is written

// shownRun is a command as it is typed, and what is expected of it.
type shownRun struct {
	shownCommand

	typed string
	says  string // a regular expression
}

// runsOf are the commands of a page that are run: first what the page takes for granted.
func runsOf(name string, commands []shownCommand, table *shownTable) (runs []shownRun) {
	for _, c := range commands {
		run := shownRun{shownCommand: c, typed: c.text}
		if e := table.find(name, c); e != nil {
			if e.skipped {
				continue
			}
			if e.As != "" {
				run.typed = e.As + strings.TrimPrefix(c.text, strings.TrimPrefix(e.Starts, "$ "))
			}
			run.exits, run.says = max(c.exits, e.Exits), e.Says
		}
		runs = append(runs, run)
	}
	if granted := table.Pages[name]; granted != nil && len(runs) > 0 {
		for i, line := range granted.Before {
			runs = slices.Insert(runs, i, shownRun{shownCommand: shownCommand{at: "table.yaml: " + name, text: line}, typed: line})
		}
	}
	return runs
}

// runShown runs the commands of one page.
func runShown(t *testing.T, bash, name string, runs []shownRun, table *shownTable) {
	t.Helper()
	if len(runs) == 0 {
		return
	}
	d := shownDesk(t, name, table)
	for _, wrong := range d.types(bash, runs, table) {
		t.Error(wrong)
	}
	for _, unexpected := range d.server.Unexpected() {
		t.Error(unexpected)
	}
}

// types has a shell run commands, one after the other, and tells of each that did not do what is expected of it.
func (d *desk) types(bash string, runs []shownRun, table *shownTable) (wrong []string) {
	d.t.Helper()
	d.note()
	var script strings.Builder
	words := table.words(d)
	for i, run := range runs {
		fmt.Fprintf(&script, "printf '\\036%d\\036' >/dev/tty\n%s\nprintf '%d %%d\\n' $? >>%s\n", i, words.Replace(run.typed), i, d.noted())
	}
	d.file(".shown", script.String())
	answers := answersIn(d.shell(bash, ". ~/.shown", table.Answers))
	written, err := os.ReadFile(d.noted())
	if err != nil {
		d.t.Fatal(err)
	}
	ends := endsIn(string(written))
	for i, run := range runs {
		end, ended := ends[i]
		err := sameAnswer(run.answer, answers[i])
		switch {
		case !ended:
			err = errors.New("it, or the shell, never ended")
		case end.code != run.exits:
			err = fmt.Errorf("ended with %d, want %d", end.code, run.exits)
		case run.exits == 0 && len(end.failed) > 0:
			err = fmt.Errorf("ended well, though not all in it: %s", strings.Join(end.failed, "; "))
		case !regexp.MustCompile(run.says).MatchString(answers[i]):
			err = fmt.Errorf("does not say %s", run.says)
		}
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v\n$ %s\n%s", run.at, err, run.typed, answers[i]))
		}
		if !ended {
			break
		}
	}
	return wrong
}

// answersIn parts what was written by the command that wrote it.
func answersIn(written string) map[int]string {
	answers := map[int]string{}
	parts := strings.Split(written, commandMark)
	for i := 1; i+1 < len(parts); i += 2 {
		n := 0
		if _, err := fmt.Sscan(parts[i], &n); err == nil {
			answers[n] = strings.ReplaceAll(parts[i+1], "\r\n", "\n")
		}
	}
	return answers
}

// sameAnswer compares what a page shows with what was written. An ellipsis stands for anything, and a line of it for any lines; numbers of
// files and sizes differ.
func sameAnswer(shown []string, written string) error {
	rest := strings.Split(strings.TrimSpace(written), "\n")
	for _, line := range shown {
		if strings.TrimSpace(line) == "" || line == "…" {
			continue
		}
		pattern := regexp.QuoteMeta(strings.Join(strings.Fields(line), " "))
		pattern = regexp.MustCompile(`\d+ files, [\d\\.]+ [KM]?B`).ReplaceAllString(pattern, `\d+ files?, [\d.]+ [KM]?B`)
		pattern = "^" + strings.ReplaceAll(pattern, "…", ".*") + "$"
		i := slices.IndexFunc(rest, func(l string) bool {
			return regexp.MustCompile(pattern).MatchString(strings.Join(strings.Fields(l), " "))
		})
		if i < 0 {
			return fmt.Errorf("it does not say: %s", line)
		}
		rest = rest[i+1:]
	}
	return nil
}

// shell runs a line in a shell on a terminal, where a person answers what they are asked, as often as that is, and returns what is written.
func (d *desk) shell(program, line string, answers [][2]string) string {
	d.t.Helper()
	cmd := exec.Command(program, "--noprofile", "--norc", "-c", line)
	cmd.Dir = filepath.Join(d.home, "work")
	return d.atTerminal(cmd, 200, 50, func(wire *os.File) string { return says(wire, answers) })
}

// says reads what is written until the other end is closed, and answers.
func says(wire *os.File, answers [][2]string) string {
	var written strings.Builder
	seen := 0
	for buffer := make([]byte, 4096); ; {
		n, err := wire.Read(buffer)
		written.Write(buffer[:n])
		for {
			unseen, first, typed := written.String()[seen:], -1, ""
			for _, a := range answers {
				if at := strings.Index(unseen, a[0]); at >= 0 && (first < 0 || at+len(a[0]) < first) {
					first, typed = at+len(a[0]), a[1]
				}
			}
			if first < 0 {
				break
			}
			seen += first
			_, _ = wire.WriteString(typed)
		}
		if err != nil { // EIO: nobody has the terminal open any more
			return written.String()
		}
	}
}
