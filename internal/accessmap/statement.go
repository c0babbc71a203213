package accessmap

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
)

// Statement is a statement of a role's session policy that the map writes out: see policy.Statement.
type Statement = policy.Statement

const (
	// maxStatements bounds those of one role.
	maxStatements = 20
	// maxNamed bounds the actions and the resources of a statement.
	maxNamed = 50
)

var (
	// Without wildcards: what they stand for grows with AWS, and no reviewer sees it.
	actionForm = &form{
		pattern: `^[a-z][a-z0-9-]{1,39}:[A-Za-z][A-Za-z0-9]{0,63}$`,
		wrong:   "is not an action, as in glue:GetTable, which is one by its whole name; what takes very many is for managed_policies",
	}
	// Not ${, which would begin a variable.
	resourceForm = &form{
		pattern: `^(\*|arn:[a-z][a-z0-9-]{0,30}:[a-z][a-z0-9-]{1,39}:[a-z0-9*-]{0,30}:([0-9]{12}|aws|\*)?:[A-Za-z0-9 _.=@:+,/*?-]+)$`,
		wrong:   `is neither an ARN, as in arn:aws:glue:us-east-1:111122223333:table/ml/churn, nor "*"`,
	}
	statementsForm = &form{each: &form{ref: "statement"}, schema: schema{MinItems: 1, MaxItems: maxStatements}}
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
	managedPolicyForm = &form{
		pattern: `^arn:[a-z][a-z0-9-]{0,30}:iam::([0-9]{12}|aws):policy/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,128}$`,
		wrong:   "is not the ARN of a managed policy, as in arn:aws:iam::111122223333:policy/ml-tools",
	}
)

var statementFields = []field[Statement]{
	{"actions", required, &form{each: actionForm, schema: schema{MinItems: 1, MaxItems: maxNamed}},
		func(v value, s *Statement) { s.Actions = v.some(maxNamed) },
		"What is allowed, each by its whole name, as in glue:GetTable."},
	{"resources", required, &form{each: resourceForm, schema: schema{MinItems: 1, MaxItems: maxNamed}},
		func(v value, s *Statement) { s.Resources = v.some(maxNamed) },
		`On what: ARNs, in which * and ? stand for any characters, or "*".`},
}

func readStatements(v value, r *Role) {
	switch n := len(v.node.Content); {
	case v.node.Kind != yaml.SequenceNode:
		v.wrong("expected a list of statements, found %s", kindOf(v.node))
		return
	case n == 0 || n > maxStatements:
		v.wrong("expected 1 to %d statements, found %d", maxStatements, n)
		return
	}
	for _, node := range v.node.Content {
		var s Statement
		read(v.decoder, node, "a statement of role "+r.Name, place(node), statementFields, &s)
		r.Statements = append(r.Statements, s)
	}
}

// some reads a list of texts, sorted: one at least, and so many at most.
func (v value) some(most int) []string {
	if n := len(v.node.Content); v.node.Kind == yaml.SequenceNode && (n == 0 || n > most) {
		v.wrong("expected 1 to %d, found %d", most, n)
		return nil
	}
	list := v.list()
	slices.Sort(list)
	return list
}

// unbounded reports whether a role does all that stands behind it at AWS.
func (r *Role) unbounded() bool {
	return r.AWS != nil && !r.hasDatasets && !r.hasStatements && len(r.AWS.ManagedPolicies) == 0
}

// said checks that a role is what it says of itself.
func (d *decoder) said(r *Role) {
	switch {
	case !r.Unrestricted:
	case r.AWS == nil:
		d.add(r.at, "role %s is unrestricted and has no aws to which that could apply", r.Name)
	case !r.unbounded():
		d.add(r.at, "role %s is unrestricted and has datasets, statements or managed policies, its own or inherited, which restrict it; keep one", r.Name)
	}
}
