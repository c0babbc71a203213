package workspacecmd

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/live"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// What was not done is an error, that says how much was.
func TestWhatWasNotDone(t *testing.T) {
	t.Parallel()
	refused := ui.Errorf("workspace-change-refused", ui.Refused, "no")
	for name, c := range map[string]struct {
		results []live.Result
		ended   bool
		want    string
		id      ui.ID
	}{
		"all done":      {[]live.Result{{State: live.Done}, {State: live.Already}}, false, "", ""},
		"nothing to do": {nil, false, "", ""},
		"refused":       {[]live.Result{{State: live.Done}, {State: live.Failed, Err: refused}, {State: live.Left}}, false, "no\nthe workspace prod was changed in part: 1 change is made, 2 are not", "workspace-apply-stopped"},
		"answer lost":   {[]live.Result{{State: live.Done}, {State: live.Unknown, Err: refused}, {State: live.Left}}, false, "of one it is not known", "workspace-apply-unknown"},
		"interrupted":   {[]live.Result{{State: live.Done}, {State: live.Left}}, true, "context canceled\nthe workspace prod was changed in part: 1 change is made, 1 is not", "workspace-apply-stopped"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if c.ended {
			cancel()
		}
		err := stop(ctx, &planned{subject: subject{Workspace: "prod", Role: "admin"}}, c.results)
		cancel()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil { // behind what one of the changes met
			all, _ := err.(interface{ Unwrap() []error })
			if told := all.Unwrap(); ui.IDOf(told[len(told)-1]) != c.id {
				t.Errorf("%s: %s: %v", name, ui.IDOf(told[len(told)-1]), err)
			}
		}
		if c.ended && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: it does not end as an interrupted program does: %v", name, err)
		}
	}
}

// What mends an error is about the same workspace and map.
func TestCommandsHaveTheOptionsOfTheOneThatLedToThem(t *testing.T) {
	t.Parallel()
	a := asked{request: broker.Request{Identity: "acme", Workspace: "prod"}, file: "next map.yaml", output: "json", prune: true}
	p := &planned{subject: subject{Workspace: "prod", Role: "admin"}}
	err := confirm(t.Context(), &cli.Env{Process: cli.Process{Streams: &ui.Streams{}}}, a, p)
	said, _ := errors.AsType[*ui.Error](err)
	if said == nil || said.ID != "workspace-unconfirmed" || said.Fix.String() != "dbxaccess workspace apply admin --identity acme --workspace prod --map 'next map.yaml' --prune --output json --yes" {
		t.Error(err)
	}
}

// Who wants JSON sees the plan before the question, too, and not where the answer goes.
func TestNobodyIsAskedAboutWhatTheyDidNotSee(t *testing.T) {
	t.Parallel()
	var out, shown strings.Builder
	env := &cli.Env{Process: cli.Process{Streams: &ui.Streams{In: strings.NewReader("n\n"), Out: &out, Err: &shown, Interactive: true}}}
	group := plan.Change{Action: plan.Update, Kind: plan.Group, Name: "ml-scientists"}
	p := &planned{subject: subject{Workspace: "prod"}, wanted: &plan.Wanted{}, Plan: &plan.Plan{Changes: []plan.Change{group}}}
	if err := confirm(t.Context(), env, asked{output: "json"}, p); ui.IDOf(err) != "workspace-apply-refused" || out.Len() > 0 || !strings.Contains(shown.String(), "~ group ml-scientists\n") {
		t.Errorf("%v: %q, %q", err, shown.String(), out.String())
	}
}

// Nothing but a yes is one: neither silence nor the end of the input.
func TestAQuestionBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	for typed, id := range map[string]ui.ID{"y\n": "", "YES\n": "", "\n": "workspace-apply-refused", "n\n": "workspace-apply-refused", "yep\n": "workspace-apply-refused", "": "workspace-apply-refused"} {
		var shown strings.Builder
		env := &cli.Env{Process: cli.Process{Streams: &ui.Streams{In: strings.NewReader(typed), Err: &shown, Interactive: true}}}
		err := confirm(t.Context(), env, asked{}, &planned{subject: subject{Workspace: "prod"}})
		said, _ := errors.AsType[*ui.Error](err)
		if (said == nil) != (id == "") || said != nil && said.ID != id || shown.String() != "Do this in the workspace prod? [y/N] " {
			t.Errorf("%q: %v, %q", typed, err, shown.String())
		}
	}
}
