package mcpcmd

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checked is what check_access takes.
type checked struct {
	Action   string `json:"action" jsonschema:"as IAM names it, as in s3:GetObject or kms:Decrypt"`
	Resource string `json:"resource" jsonschema:"an ARN, or a place as in s3://bucket/key"`
	Role     string `json:"role,omitempty" jsonschema:"ask about this role alone"`
}

// verdicts is its answer.
type verdicts struct {
	Allowed bool      `json:"allowed" jsonschema:"whether you may do it, by the access map and a role that the person may take"`
	Person  string    `json:"person" jsonschema:"what the map says of the person: allowed, denied, or unlimited where it does not narrow a role and only AWS knows"`
	Roles   []verdict `json:"roles" jsonschema:"first those that are given, and of these the ones that allow it"`
}

type verdict struct {
	Role   string `json:"role"`
	You    bool   `json:"you" jsonschema:"whether it would allow it to you, an agent"`
	YouWhy string `json:"you_why,omitempty" jsonschema:"why it would not, although it does to the person"`
	Person string `json:"person" jsonschema:"what it allows the person: allowed, denied or unlimited"`
	Why    string `json:"why"`
	Given  bool   `json:"given" jsonschema:"whether the person may take the role"`
	Scope  string `json:"scope,omitempty" jsonschema:"the dataset that the role has to be narrowed to for it, with --scope"`
	Next   string `json:"next,omitempty" jsonschema:"the command that works out how to come to the role"`
}

func (s *server) addCheck(p *mcp.Server) {
	add(s, p, mcp.Tool{
		Name: "check_access", Annotations: reads("Check access"),
		Description: "Says whether you may do an action on a resource by the access map, through which role, and why or why not. What is behind a role at AWS has to allow it too. Asks no server.",
	}, func(ctx context.Context, c *call, in checked) (verdicts, error) {
		judged := verdicts{Person: answer.Denied, Roles: []verdict{}}
		question, err := answer.NewQuestion(in.Action, in.Resource)
		if err != nil {
			return judged, err
		}
		view, err := c.View(ctx)
		if err != nil {
			return judged, err
		}
		if in.Role != "" {
			if _, err := view.Map.Effective(in.Role); err != nil {
				return judged, err
			}
			c.role = in.Role
		}
		_, given, err := view.Available(ctx, "")
		if err != nil {
			return judged, err
		}
		return judged, judged.judge(c, view.Map, question, given, in.Role)
	})
}

// judge asks each role that is given, and finds the others that would allow it. only is the role that is asked about, "" for all.
func (v *verdicts) judge(c *call, m *accessmap.Map, q answer.Question, given []access.Row, only string) error {
	x, may := answer.New(m, c.Now()), make(map[string]bool)
	for _, row := range given {
		may[row.Role] = true
	}
	names := slices.Collect(maps.Keys(may))
	allowing, err := x.Allowing(q)
	if err != nil {
		return err
	}
	for _, one := range allowing {
		names = append(names, one.Role)
	}
	if only != "" {
		names = []string{only}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		one, err := x.Judge(name, q)
		if err != nil {
			return err
		}
		told := verdict{Role: name, Person: one.Verdict, Why: one.Why, Given: may[name], Scope: one.Scope}
		told.You, told.YouWhy = c.left(m, one)
		if !told.Given {
			told.Next = "dbxaccess map request " + name
		}
		v.Roles = append(v.Roles, told)
		if !told.Given {
			continue
		}
		v.Allowed = v.Allowed || told.You
		if one.Verdict == answer.Allowed || one.Verdict == answer.Unlimited && v.Person == answer.Denied {
			v.Person = one.Verdict
		}
	}
	slices.SortStableFunc(v.Roles, func(a, b verdict) int { return cmp.Compare(a.rank(), b.rank()) })
	return nil
}

// left reports whether the agent keeps what a role allows the person, and why not.
func (c *call) left(m *accessmap.Map, of *answer.Verdict) (bool, string) {
	if of.Verdict == answer.Denied {
		return false, ""
	}
	var scope []string
	if of.Scope != "" {
		scope = []string{of.Scope}
	}
	if _, err := m.AgentPolicies(c.agent, of.Role, scope, time.Time{}); err != nil {
		return false, ui.Clean(err.Error())
	}
	if of.Grant == nil {
		return false, "an agent gets what the role has on datasets, and nothing else"
	}
	e, _, err := m.AgentEffective(c.agent, of.Role, scope)
	if err != nil {
		return false, ui.Clean(err.Error())
	}
	verbs := e.VerbsOn(of.Grant.Dataset)
	if slices.ContainsFunc(of.Grant.Actions, func(verb string) bool { return slices.Contains(verbs, verb) }) {
		return true, ""
	}
	return false, fmt.Sprintf("it takes %s on %s, and of that you may %s", strings.Join(of.Grant.Actions, " or "), of.Grant.Dataset, ui.Listed(verbs))
}

// rank puts roles that are given first, and of these the ones that help.
func (v verdict) rank() int {
	rank := slices.Index([]string{answer.Allowed, answer.Unlimited, answer.Denied}, v.Person)
	if !v.You {
		rank += 3
	}
	if !v.Given {
		rank += 6
	}
	return rank
}
