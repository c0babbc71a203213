package mcpcmd

import (
	"cmp"
	"context"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
)

func compareNames(a, b string) int { return cmp.Compare(a, b) }

// checked is what check_access takes.
type checked struct {
	Action   string `json:"action" jsonschema:"as IAM names it, as in s3:GetObject or kms:Decrypt"`
	Resource string `json:"resource" jsonschema:"an ARN, or a place as in s3://bucket/key"`
	Role     string `json:"role,omitempty" jsonschema:"ask about this role alone"`
}

// verdicts is its answer.
type verdicts struct {
	Allowed bool      `json:"allowed" jsonschema:"whether a role that is given allows it by the access map"`
	Verdict string    `json:"verdict" jsonschema:"allowed, denied, or unlimited where the map does not narrow a role and only AWS knows"`
	Roles   []verdict `json:"roles" jsonschema:"first those that are given, and of these the ones that allow it"`
}

type verdict struct {
	Role    string `json:"role"`
	Verdict string `json:"verdict"`
	Why     string `json:"why"`
	Given   bool   `json:"given" jsonschema:"whether the person may take the role"`
	Scope   string `json:"scope,omitempty" jsonschema:"the dataset that the role has to be narrowed to for it, with --scope"`
	Next    string `json:"next,omitempty" jsonschema:"the command that works out how to come to the role"`
}

func (s *server) addCheck(p *mcp.Server) {
	add(s, p, mcp.Tool{
		Name: "check_access", Annotations: reads("Check access"),
		Description: "Says whether an action on a resource is allowed by the access map, through which role, and why or why not. What is behind a role at AWS has to allow it too. Asks no server.",
	}, func(ctx context.Context, c *call, in checked) (verdicts, error) {
		judged := verdicts{Verdict: answer.Denied, Roles: []verdict{}}
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
		return judged, judged.judge(answer.New(view.Map, c.Now()), question, given, in.Role)
	})
}

// judge asks each role that is given, and finds the others that would allow it. only is the role that is asked about, "" for all.
func (v *verdicts) judge(x *answer.Index, q answer.Question, given []access.Row, only string) error {
	may := make(map[string]bool)
	for _, row := range given {
		may[row.Role] = true
	}
	names := make([]string, 0, len(may))
	for name := range may {
		names = append(names, name)
	}
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
		told := verdict{Role: name, Verdict: one.Verdict, Why: one.Why, Given: may[name], Scope: one.Scope}
		if !told.Given {
			told.Next = "dbxaccess map request " + name
		}
		v.Roles = append(v.Roles, told)
		if told.Given && (one.Verdict == answer.Allowed || one.Verdict == answer.Unlimited && v.Verdict == answer.Denied) {
			v.Verdict = one.Verdict
		}
	}
	v.Allowed = v.Verdict == answer.Allowed
	slices.SortStableFunc(v.Roles, func(a, b verdict) int { return cmp.Compare(a.rank(), b.rank()) })
	return nil
}

// rank puts roles that are given first, and of these the ones that help.
func (v verdict) rank() int {
	rank := slices.Index([]string{answer.Allowed, answer.Unlimited, answer.Denied}, v.Verdict)
	if !v.Given {
		rank += 3
	}
	return rank
}
