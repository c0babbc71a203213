package mapcmd

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// judgedRoles is the answer to a question about an action. Its JSON is a contract.
type judgedRoles struct {
	Action   string       `json:"action"`
	Resource string       `json:"resource"`
	Agent    string       `json:"agent,omitempty"` // as which it was asked; absent for the person
	Verdict  string       `json:"verdict"`         // allowed, denied or unlimited: the best of the roles that are given
	Roles    []judgedRole `json:"roles"`
}

// judgedRole is what a role that is given says, or one that is not and would allow it.
type judgedRole struct {
	answer.Verdict

	Identity string   `json:"identity"`
	MayTake  bool     `json:"may_take"`
	Needs    []string `json:"needs,omitempty"` // what would give the role; one is enough
}

// judge asks each role that is given, and finds those that would allow it among the others; with all, each of them is told.
func judge(x *answer.Index, q answer.Question, rows []access.Row, all bool) (*judgedRoles, error) {
	judged := &judgedRoles{Action: q.Action, Resource: q.Resource, Verdict: answer.Denied, Roles: []judgedRole{}}
	allowing, err := x.Allowing(q)
	if err != nil {
		return nil, err
	}
	would := make(map[string]bool, len(allowing))
	for _, v := range allowing {
		would[v.Role] = true
	}
	for _, row := range rows {
		if !row.MayTake && !would[row.Role] && !all {
			continue
		}
		v, err := x.Judge(row.Role, q)
		if err != nil {
			return nil, err
		}
		judged.Roles = append(judged.Roles, judgedRole{*v, row.Identity, row.MayTake, row.Needs})
		if row.MayTake && (v.Verdict == answer.Allowed || v.Verdict == answer.Unlimited && judged.Verdict == answer.Denied) {
			judged.Verdict = v.Verdict
		}
	}
	slices.SortStableFunc(judged.Roles, func(a, b judgedRole) int { return cmp.Compare(a.rank(), b.rank()) })
	return judged, nil
}

// rank puts roles that are given first, and of these the ones that help.
func (r judgedRole) rank() int {
	rank := slices.Index([]string{answer.Allowed, answer.Unlimited, answer.Denied}, r.Verdict.Verdict)
	if !r.MayTake {
		rank += 3
	}
	return rank
}

func printJudged(env *cli.Env, judged *judgedRoles, asking cli.Asking, only string) error {
	headline := judged.Verdict
	switch judged.Verdict {
	case answer.Allowed:
		headline += " by the map"
	case answer.Unlimited:
		headline = "not limited by the map"
	}
	if _, err := fmt.Fprintf(env.Streams.Out, "%s: %s on %s\n", headline, judged.Action, judged.Resource); err != nil {
		return err
	}
	given := false
	for _, r := range judged.Roles {
		given = given || r.MayTake
		verdict := r.Verdict.Verdict
		if !r.MayTake {
			verdict = "not given, would be " + verdict
		}
		if _, err := fmt.Fprintf(env.Streams.Out, "\n%s  %s\n", r.Role, verdict); err != nil {
			return err
		}
		cli.RoleLine(env, "because", r.Why)
		for _, need := range r.Needs {
			cli.RoleLine(env, "needs", need+" (identity "+r.Identity+")")
		}
		if !r.MayTake {
			asking.AskLine(env, r.Role)
		}
	}
	if !given && only != "" {
		_, err := fmt.Fprintf(env.Streams.Out, "\n%s is not given; other roles were not asked\n", only)
		return err
	}
	if !given {
		_, err := fmt.Fprintln(env.Streams.Out, "\nno role is given that could allow it")
		return err
	}
	return nil
}

// printExplained says what roles are given, and what the others take.
func printExplained(env *cli.Env, o explainOptions, rows []access.Row) error {
	if o.output == "json" {
		if rows == nil {
			rows = []access.Row{}
		}
		return ui.PrintJSON(env.Streams.Out, struct {
			Roles []access.Row `json:"roles"`
		}{rows})
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(env.Streams.Out, "this identity gives nobody such a role")
		return err
	}
	return cli.PrintRolesWhy(env, rows, o.asking())
}
