package account

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A role that takes a reason is taken for the one that was said, at the terminal too where the person named the role; else the sign-in
// stands, and the command that takes the role is shown.
func TestARoleThatTakesAReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		named, flag, typed string
		interactive, took  bool
		tried              string // the reasons, in order
	}{
		"said by the flag":         {"payer", "audit", "", false, true, "audit"},
		"said at the terminal":     {"payer", "", "ticket 4711\n", true, true, "|ticket 4711"},
		"nothing said there":       {"payer", "", "\n", true, false, ""},
		"no terminal":              {"payer", "", "ticket 4711\n", false, false, ""},
		"a role that nobody named": {"", "", "ticket 4711\n", true, false, ""},
	} {
		var said strings.Builder
		env := cli.NewEnv(cli.Process{Streams: &ui.Streams{In: strings.NewReader(c.typed), Out: io.Discard, Err: &said, Interactive: c.interactive}})
		o := loginOptions{roles: slices.DeleteFunc([]string{c.named}, func(role string) bool { return role == "" }), reason: c.flag}
		var tried []string
		took, err := o.take(t.Context(), env, broker.Request{Role: "payer"}, func(r broker.Request) error {
			tried = append(tried, r.Reason)
			if r.Reason == "" {
				return broker.ReasonRequired(r.Role, "pay (restricted)")
			}
			return nil
		})
		if err != nil || took != c.took || strings.Join(tried, "|") != c.tried {
			t.Errorf("%s: %v, %v, tried %q; said %q", name, took, err, tried, said.String())
		}
		if took != (o.reason != "") || took == strings.Contains(said.String(), "signed in without taking payer: ") {
			t.Errorf("%s: reason %q; said %q", name, o.reason, said.String())
		}
	}
}

// A role that nobody named and that takes a sign-in afresh is left; what else fails is an error.
func TestARoleThatIsLeft(t *testing.T) {
	t.Parallel()
	weak := ui.Errorf("step-up-needed", ui.LoginNeeded, "%w", &access.StepUpError{Role: "payer", What: "too old"})
	for _, c := range []struct {
		roles []string
		get   error
		fails bool
	}{
		{nil, weak, false},
		{[]string{"payer"}, weak, true},
		{nil, errors.New("an outage"), true},
	} {
		env := cli.NewEnv(cli.Process{Streams: &ui.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}})
		o := loginOptions{roles: c.roles}
		took, err := o.take(t.Context(), env, broker.Request{Role: "payer"}, func(broker.Request) error { return c.get })
		if took || (err != nil) != c.fails {
			t.Errorf("%v, %v: %v, %v", c.roles, c.get, took, err)
		}
	}
}
