package explaincmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
	"github.com/dbxaccess/dbxaccess/internal/refusal/judge"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// explanation is the answer for programs. Of what is not known, the field is "".
type explanation struct {
	Principal string        `json:"principal"`
	Action    string        `json:"action"`
	Resource  string        `json:"resource"`
	Prefix    string        `json:"prefix"` // that was to be listed
	Kind      refusal.Kind  `json:"kind"`
	Verdict   judge.Verdict `json:"verdict"`
	UsedRole  string        `json:"used_role"` // of the map, that was refused
	Role      string        `json:"role"`      // of the map, that would allow it
	Dataset   string        `json:"dataset"`
	Grant     string        `json:"grant"`
	Contact   string        `json:"contact"`
	Policy    string        `json:"policy"` // ARN of the one that denies
	Fault     refusal.Fault `json:"fault"`
	Map       string        `json:"map"`
	Why       []string      `json:"why"`
	Next      ui.Fix        `json:"next"`
	Others    int           `json:"others"`

	own string // what dbxaccess itself said, in the place of a headline
}

func explanationOf(found refusal.Found, a judge.Answer) explanation {
	e := explanation{
		Principal: found.Principal, Action: found.Action, Resource: found.Resource, Prefix: found.Prefix, Kind: found.Kind,
		Verdict: a.Verdict, UsedRole: a.Used, Role: a.Role, Dataset: a.Dataset, Grant: a.Grant, Contact: ui.Clean(a.Contact),
		Policy: found.Policy, Fault: found.Fault, Map: ui.Clean(a.Map), Why: []string{}, Next: a.Next.Clean(), Others: found.Others,
	}
	for _, one := range a.Why {
		e.Why = append(e.Why, ui.Clean(one))
	}
	return e
}

// show prints an answer. own is what dbxaccess itself said, "" for others' words.
func show(env *cli.Env, o options, found refusal.Found, a judge.Answer, own string) error {
	a.Next = withFiles(a.Next, o)
	e := explanationOf(found, a)
	e.own = own
	if o.output == "json" {
		return ui.PrintJSON(env.Streams.Out, e)
	}
	return printWords(env, e, found.More)
}

// withFiles has commands about the map, and this one, read the files that were named.
func withFiles(fix ui.Fix, o options) ui.Fix {
	fix = slices.Clone(fix)
	for i, step := range fix {
		again := strings.HasPrefix(step.Text, "dbxaccess explain ")
		if !step.Copied || !again && !strings.HasPrefix(step.Text, "dbxaccess map request ") && !strings.HasPrefix(step.Text, "dbxaccess map policy ") {
			continue
		}
		if o.mapFile != "" {
			fix[i].Text += " --map " + ui.Word(ui.Clean(o.mapFile))
		}
		if again && o.file != "" && o.file != "-" {
			fix[i].Text += " " + ui.Word(ui.Clean(o.file))
		}
	}
	return fix
}

func printWords(env *cli.Env, e explanation, more bool) error {
	var b strings.Builder
	out := env.Streams.Out
	fmt.Fprintf(&b, "%s\n", ui.Hang(out, ui.Clean(headline(e)), 0))
	line := func(what, text string) {
		const indent = 11
		if text != "" {
			fmt.Fprintf(&b, "  %-8s %s\n", what, ui.Hang(out, ui.Clean(text), indent))
		}
	}
	line("kind", string(e.Kind)+": "+judge.Meaning(e.Kind))
	line("map", e.Map)
	for i, why := range e.Why {
		line([]string{"why", ""}[min(i, 1)], why)
	}
	if e.Verdict != judge.Allowed && e.Grant != "" {
		line("role", e.Role+" may "+e.Grant)
	}
	if e.Verdict != judge.Allowed && strings.Contains(e.Next.String(), "dbxaccess map request") {
		line("ask", e.Contact)
	}
	for i, step := range e.Next {
		name := []string{"next", ""}[min(i, 1)]
		if step.Copied {
			fmt.Fprintf(&b, "  %-8s %s\n", name, step.Text)
			continue
		}
		line(name, step.Text)
	}
	switch {
	case more:
		fmt.Fprintf(&b, "\nThere are at least %d others in the text.\n", e.Others)
	case e.Others > 0:
		fmt.Fprintf(&b, "\n%s in the text.\n", ui.Count(e.Others, "other refusal is", "other refusals are"))
	}
	_, err := fmt.Fprint(out, b.String())
	return err
}

// headline says in a sentence who was refused what.
func headline(e explanation) string {
	if e.own != "" {
		return e.own
	}
	if e.Kind == refusal.NotAuthorisation {
		return "No policy refused this."
	}
	who := "A request"
	switch {
	case e.Principal == refusal.Anonymous:
		who = "A request without credentials"
	case e.UsedRole != "" && e.Principal != "":
		who = e.UsedRole + " (" + e.Principal + ")"
	case e.Principal != "":
		who = e.Principal
	case e.UsedRole != "":
		who = e.UsedRole
	}
	if e.Kind == refusal.NoCredentials && e.Action == "" {
		return "A request had no credentials."
	}
	text := who + " was refused " + cmp.Or(e.Action, "access")
	if e.Resource != "" {
		text += " on " + e.Resource
	}
	if e.Prefix != "" {
		text += ", below " + e.Prefix
	}
	return text + "."
}
