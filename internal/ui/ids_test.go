package ui

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

var update = flag.Bool("update", false, "write generated files")

// exitCodes are those that have a number in docs/reference.md.
var exitCodes = map[string]Code{
	"Failed": Failed, "Usage": Usage, "Refused": Refused, "LoginNeeded": LoginNeeded, "KeyringUnavailable": KeyringUnavailable, "NoSuchRole": NoSuchRole,
	"NewerReleased": NewerReleased, "Interrupted": Interrupted,
}

// passedOn are the files with errors whose ID is that of another error, or of a finding, which its own page tells of.
var passedOn = map[string]string{
	"internal/admincli/mcpcmd/record.go": "what an agent was answered, for the record",
	"internal/audit/event.go":            "what the record says was refused",
	"internal/broker/renew.go":           "the refusal, with what came of the renewal",
	"internal/cli/auditcmd/verify.go":    "the first finding of audit verify: docs/evidence.md",
	"internal/failure/failure.go":        "what failed a while ago",
	"internal/serve/wire.go":             "what was said at the other end of a socket",
	"internal/workspace/live/apply.go":   "a finding of workspace apply: docs/workspace.md",
}

func TestAnIDMeansOneThing(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	p := productOf(t)
	for id, places := range p.found {
		if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(id) {
			t.Errorf("%q is no ID: small words with hyphens", id)
		}
		for _, p := range places {
			if p.untold && len(toldBeside(places)) > 0 && helps[id] == "" {
				t.Errorf("%s: what helps can't be told at %s, and the page shows what helps elsewhere: add it to helps", id, p.place)
			}
			if p.code != places[0].code && exitCodes[p.code] != 0 && exitCodes[places[0].code] != 0 {
				t.Errorf("%s has the exit codes %s (%s) and %s (%s)", id, places[0].code, places[0].place, p.code, p.place)
			}
		}
	}
	for path := range p.passing {
		if passedOn[path] == "" {
			t.Errorf("%s: the ID of an error can't be told, so docs/errors.md lacks it", path)
		}
	}
	for path := range passedOn {
		if !p.passing[path] {
			t.Errorf("%s passes on no ID", path)
		}
	}
}

// inCell is a text in a table of Markdown.
func inCell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

func TestTheDocsListEveryError(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	var b strings.Builder
	b.WriteString("# Errors\n\nFor programs, and to search by: each error has an ID that stays the same in every version, whatever the words. " +
		"`--debug` logs it, and `dbxaccess doctor -o json` has it as the `cause` of a finding. What to type stands below a message itself, and in [troubleshooting.md](troubleshooting.md). `…` stands for what differs; where several places raise the same error, what each says is here. " +
		"`audit verify` and `workspace apply` may end with the ID of a finding: [evidence.md](evidence.md), [workspace.md](workspace.md).\n\n" +
		"| ID | exit code | what is said |\n|---|---|---|\n")
	all := productOf(t).found
	for _, id := range slices.Sorted(maps.Keys(all)) {
		first := all[id][0]
		code := "that of the cause"
		if n := exitCodes[first.code]; n != 0 {
			code = strconv.Itoa(int(n))
		}
		what := whatIsSaid(id, all[id])
		if wordsIn(what) < 2 {
			t.Errorf("docs/errors.md would say nothing of %s but %q: add what it means to inWords", id, what)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", id, code, inCell(what))
	}
	b.WriteString("\n## What helps\n\nEach error says it itself, with the names and paths of the case at hand. Where several places raise the same error, all that they say is here. " +
		"Where nothing here fits, begin with `dbxaccess doctor`, then `dbxaccess --debug COMMAND`.\n\n| ID | what helps |\n|---|---|\n")
	for _, id := range slices.Sorted(maps.Keys(all)) {
		var steps []string
		for _, place := range all[id] {
			for _, step := range place.fix {
				if !slices.Contains(steps, step) {
					steps = append(steps, step)
				}
			}
		}
		if more := helps[id]; more != "" && !slices.Contains(steps, more) {
			steps = append(steps, more)
		}
		if len(steps) > 0 {
			fmt.Fprintf(&b, "| `%s` | %s |\n", id, inCell(strings.ReplaceAll(strings.Join(steps, "; "), ":; ", ": ")))
		}
	}
	path := filepath.Join("..", "..", "docs", "errors.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("%s is stale (%v): make generate", path, err)
	}
}
