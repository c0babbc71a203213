package mapcmd

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/request"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// requestReply is the answer to `map request`, to be told.
type requestReply struct {
	ask    request.Ask
	m      *accessmap.Map
	asker  asker
	answer *request.Answer
	about  string
	letter request.Letter
}

// requestedJSON is the contract of `map request -o json`.
type requestedJSON struct {
	Role        string    `json:"role,omitempty"`
	Dataset     string    `json:"dataset,omitempty"`
	Actions     []string  `json:"actions,omitempty"`
	Sensitivity string    `json:"sensitivity,omitempty"` // of the dataset
	Who         string    `json:"who,omitempty"`
	Groups      []string  `json:"groups,omitempty"`
	Has         []string  `json:"has"` // roles that do it already
	Contact     string    `json:"contact"`
	Map         string    `json:"map"` // that the patches are for
	Ways        []wayJSON `json:"ways"`
	Endless     string    `json:"without_until,omitempty"` // the best change where none can have the end that was asked for
	Patch       string    `json:"patch,omitempty"`         // of the best change, as the message has it
	Message     string    `json:"message,omitempty"`       // to be sent to the contact
}

type wayJSON struct {
	Kind         request.Kind `json:"kind"` // membership, rule or grant
	Role         string       `json:"role"`
	Identity     string       `json:"identity,omitempty"`
	Group        string       `json:"group,omitempty"`
	What         string       `json:"what"`
	Besides      []string     `json:"besides"`                       // what comes along
	Sensitivity  string       `json:"besides_sensitivity,omitempty"` // the highest of that
	Workspaces   []string     `json:"besides_workspaces,omitempty"`
	Unrestricted bool         `json:"unrestricted,omitempty"`
	Managed      int          `json:"managed_policies,omitempty"`
	Actions      []string     `json:"statement_actions,omitempty"`
	Others       []string     `json:"others,omitempty"` // who else is given something
	Changes      []changeJSON `json:"changes,omitempty"`
	Patch        string       `json:"patch,omitempty"`
}

type changeJSON struct {
	Effect accessmap.Effect `json:"effect"`
	Topic  accessmap.Topic  `json:"topic"`
	Text   string           `json:"text"`
}

func (r requestReply) json() requestedJSON {
	out := requestedJSON{
		Role: r.ask.Role, Dataset: r.ask.Dataset, Actions: r.ask.Actions, Who: r.asker.name, Groups: r.asker.groups,
		Has: []string{}, Contact: r.letter.To, Map: r.about, Ways: []wayJSON{},
	}
	if d := r.m.Datasets[r.ask.Dataset]; d != nil {
		out.Sensitivity = d.Sensitivity
	}
	for _, grant := range r.answer.Has {
		out.Has = append(out.Has, grant.Role)
	}
	for _, way := range r.answer.Ways {
		one := wayJSON{
			Kind: way.Kind, Role: way.Role, Identity: way.Identity, Group: way.Group, What: way.Words(), Besides: []string{},
			Sensitivity: way.Besides.Sensitivity, Workspaces: way.Besides.Workspaces, Unrestricted: way.Besides.Unrestricted,
			Managed: way.Besides.Managed, Actions: way.Besides.Actions,
			Others: way.Others, Patch: way.Patch,
		}
		one.Besides = append(one.Besides, way.Besides.Grants...)
		for _, c := range way.Changes {
			one.Changes = append(one.Changes, changeJSON{c.Effect, c.Topic, c.Text})
		}
		out.Ways = append(out.Ways, one)
	}
	if len(out.Has) == 0 {
		if r.answer.Endless != nil {
			out.Endless = r.answer.Endless.Words()
		}
		out.Patch = request.Best(r.answer.Ways).Patch
		out.Message = r.letter.Text(r.ask.Wanted(r.m), r.answer.Ways)
	}
	return out
}

func (r requestReply) print(env *cli.Env) error {
	out := env.Streams.Out
	who := cmp.Or(ui.Clean(r.asker.name), "a person in these groups")
	wanted := r.ask.Wanted(r.m)
	if has := r.answer.Has; len(has) > 0 {
		fmt.Fprintf(out, "Nothing to ask for: %s may %s.\n", who, wanted)
		for _, grant := range has {
			fmt.Fprintf(out, "  role %s, by %s\n  dbxaccess exec %s -- COMMAND\n", grant.Role, reasons(grant), grant.Role)
		}
		return nil
	}
	switch {
	case len(r.asker.by) == 0:
		fmt.Fprintf(out, "To %s:\n", wanted)
	default:
		if r.asker.name == "" {
			who = "A" + who[1:]
		}
		fmt.Fprintf(out, "%s may not %s yet. Ways to it:\n", who, wanted)
	}
	for i, way := range r.answer.Ways {
		r.printWay(out, i+1, way)
	}
	if r.answer.More > 0 && r.ask.Dataset != "" {
		fmt.Fprintf(out, "  and %d more memberships: dbxaccess map who %s\n", r.answer.More, r.ask.Dataset)
	}
	if len(r.answer.Ways) == 0 {
		fmt.Fprintf(out, "  %s\n", ui.Hang(out, ui.Clean(cmp.Or(r.letter.NoWay, "no role of the map does that, and none that could be changed")), 2))
	}
	letter := r.letter.Text(wanted, r.answer.Ways)
	fmt.Fprintf(out, "\nTo be sent to %s:\n\n", ui.Clean(r.letter.To))
	_, err := io.WriteString(out, shownPatch(env, letter, "dbxaccess map request "+cmp.Or(r.ask.Role, r.ask.Dataset)+" -o json"))
	return err
}

func (r requestReply) printWay(out io.Writer, number int, way request.Way) {
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(out, "     %-9s%s\n", name, ui.Hang(out, ui.Clean(text), 14))
		}
	}
	lead := "without a change of the map: "
	if way.Kind != request.Membership {
		lead = "by a change of the map: "
	}
	fmt.Fprintf(out, "  %d. %s\n", number, ui.Hang(out, ui.Clean(lead+way.Words()), 5))
	for i, c := range way.Changes {
		if i == mostChanges {
			line("", fmt.Sprintf("and %d more changes", len(way.Changes)-i))
			break
		}
		line(string(c.Effect), c.Text)
	}
	line("others", strings.Join(some(way.Others), "; "))
	brings := "besides" // what was asked for
	if r.ask.Role != "" {
		brings = "brings"
	}
	line(brings, strings.Join(besides(way.Besides), ", "))
	if way.Kind != request.Membership && way.Patch == "" {
		line("patch", "none: the place in the file is written in a way that is left to an editor, or beside a client_secret")
	}
}

// mostChanges bounds how many changes of one way are told.
const mostChanges = 6

// besides says what comes along.
func besides(b request.Besides) []string {
	all := some(b.Grants)
	for _, workspace := range b.Workspaces {
		all = append(all, "workspace "+workspace)
	}
	for _, action := range some(b.Actions) {
		all = append(all, action+" by a statement of the role")
	}
	if b.Managed > 0 {
		all = append(all, ui.Count(b.Managed, "managed policy", "managed policies")+" that only AWS knows")
	}
	if b.Unrestricted {
		all = append(all, "all that its IAM role may: it has no session policy")
	}
	return all
}

// some are the first of many texts, and how many there are further.
func some(all []string) []string {
	const most = 6
	if more := len(all) - most; more > 0 {
		return append(append([]string{}, all[:most]...), fmt.Sprintf("and %d more", more))
	}
	return all
}

func reasons(grant accessmap.Grant) string {
	var all []string
	for _, because := range grant.Because {
		all = append(all, fmt.Sprintf("the claim %s with %s (identity %s)", ui.Named(because.Claim), ui.Named(because.Value), because.Identity))
	}
	return strings.Join(some(all), "; ")
}

// shownPatch is a text with a patch as a terminal may get it. A patch is of the file's very bytes; where some of them would not be shown
// as they are, that is said, with the command that prints them.
func shownPatch(env *cli.Env, text, command string) string {
	whole := strings.ReplaceAll(text, "\r\n", "\n")
	if ui.CleanLines(whole) == whole {
		return text
	}
	env.Console.Warn(ui.Warning{ID: "patch-not-exact", What: "the patch is not shown as it is: the file holds signs that a terminal hides, or long lines",
		Fix: ui.Command(command)})
	return ui.CleanLines(whole)
}
