package desired

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// under is a statement for those alone who hold something. The tags of a session are the principal's:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principaltag
func under(s iam.Statement, held accessmap.Held) []iam.Statement {
	if held.Under == nil {
		return []iam.Statement{s}
	}
	return merged(mapped(held.Under, func(h accessmap.Holders) iam.Statement {
		one := s
		one.Condition = clone(s.Condition)
		for key, value := range h.Tags {
			exactly(one.Condition, "aws:PrincipalTag/"+key, value)
		}
		until(one.Condition, h.Until)
		return one
	}))
}

// steps are the statements by which a way goes on from one role to the next. Who trusts a role trusts everybody who may take it.
func (b *builder) steps(w way, n int, s iam.Statement) []iam.Statement {
	held := b.sharing.Step(w.hops[n-1], w.hops[n], w.rule, w.given)
	if held.Open != "" {
		from := w.hops[n-1].RoleARN
		if from == "" {
			from = "the permission set " + w.hops[n-1].RoleName
		}
		b.gap(Gap{
			ID: "chain-open-to-all", Role: w.given.Role,
			What: fmt.Sprintf("%s leads to %s too, and everybody who may take that can take %s at AWS", held.Open, from, w.hops[n].RoleARN),
			Fix:  "have the provider sign session tags for the groups and name them under signed_tags, or let the role be taken directly",
		})
	}
	if !b.over && w.hops[n-1].RoleARN != "" {
		b.role(w.hops[n-1].RoleARN).tell(w.given.Role, held)
	}
	return under(s, held)
}

// tell notes by which tags the holders of a role of the map are told from others who take this one.
func (r *role) tell(name string, held accessmap.Held) {
	for _, h := range held.Under {
		same := func(a Apart) bool { return a.Role == name && maps.Equal(a.Tags, h.Tags) }
		if len(h.Tags) > 0 && !slices.ContainsFunc(r.Apart, same) {
			r.Apart = append(r.Apart, Apart{name, h.Tags})
		}
	}
}
