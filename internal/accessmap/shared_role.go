package accessmap

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// On is how what a role of the map may do stands at a place, an IAM role's ARN or ACCOUNT/NAME of a permission set: Held, and the statements.
// Of those that deny something, only what takes nothing from another role. taken are all that stand there, this one included.
func (s *Sharing) On(place, role string, taken []string) (held Held, statements []iam.Statement) {
	held = s.Holds(place, role)
	own, err := s.said(role)
	if err != nil {
		return held, nil
	}
	for _, one := range own.statements {
		i := -1
		if one.Effect == "Deny" {
			text := one.JSON()
			i = slices.IndexFunc(taken, func(other string) bool { return other != role && s.takes(place, held, one, text, other) })
		}
		switch {
		case i < 0:
			statements = append(statements, one)
		case held.Open == "" && !overTLS(one):
			held = Held{Open: "role " + taken[i] + " stands there too, and may do some of what " + role + " is denied"}
		}
	}
	return held, statements
}

// said is what a role's session policy says, without an end.
type said struct {
	statements []iam.Statement
	denies     map[string]bool // those of them that deny, as JSON
	beside     bool            // managed policies allow more
}

// said is worked out once for a role: it is held against every other that stands at the same place.
func (s *Sharing) said(role string) (said, error) {
	if known, is := s.says[role]; is {
		return known, nil
	}
	g, err := s.m.Granted(role)
	if err != nil {
		return said{}, err
	}
	says := said{policy.Statements(g), make(map[string]bool), g.Beside}
	for _, one := range says.statements {
		if one.Effect == "Deny" {
			says.denies[one.JSON()] = true
		}
	}
	s.says[role] = says
	return says, nil
}

// Holds is how a role's permissions are held apart from everybody else's at a place.
func (s *Sharing) Holds(place, role string) Held {
	key := [2]string{place, role}
	held, known := s.held[key]
	if !known {
		held = s.holdsApart(place, role)
		s.held[key] = held
	}
	return held
}

func (s *Sharing) holdsApart(place, role string) Held {
	all := s.at[place]
	var holders []*visit
	for _, v := range all {
		if v.last && v.given.Role == role {
			holders = append(holders, v)
		}
	}
	for _, h := range holders {
		if h.proof.ACR == nil && h.proof.AMR == nil {
			continue
		}
		for _, v := range all {
			if s.tried++; s.tried > maxTried || !v.proof.proves(h.proof) && !conflict(h.tags, v.tags) {
				return Held{Open: v.words() + " leads there too, with less asked of the sign-in"}
			}
		}
	}
	covered := s.coveredBy(role)
	others := s.others(all, holders, func(v *visit) bool {
		return v.given.Role != "" && (v.last && s.m.Unbounded(v.given.Role) || covered(v.given.Role))
	})
	if len(others) == 0 {
		return Held{}
	}
	under, by := s.apart(holders, holders, others)
	switch r := s.m.Roles[role]; {
	case len(holders) == 0:
		return Held{Open: others[0].words() + " leads there"}
	case by != nil:
		return Held{Open: by.words() + " leads there too"}
	case r.unbounded() || len(r.AWS.ManagedPolicies) > 0:
		return Held{Open: others[0].words() + " leads there too, and what policies outside of the map allow is allowed to all"}
	case r.InstanceProfile != "" || r.StorageCredential != nil || r.ServiceCredential != nil:
		return Held{Open: others[0].words() + " leads there too, and Databricks takes it without session tags"}
	}
	return Held{Under: under}
}

// proves reports whether who meets s meets what another asks for, as far as IAM sees it.
func (s StepUp) proves(asked StepUp) bool {
	return (asked.ACR == nil || slices.Equal(s.ACR, asked.ACR)) && (asked.AMR == nil || slices.EqualFunc(s.AMR, asked.AMR, slices.Equal))
}

// coveredBy tells of another role whether who is given it may do all that one may, by the map.
func (s *Sharing) coveredBy(role string) func(other string) bool {
	known := make(map[string]bool)
	return func(other string) bool {
		covered, seen := known[other]
		if !seen {
			covered = other != role && !s.m.Unbounded(role) && s.m.covered(s.effective(role), s.effective(other))
			known[other] = covered
		}
		return covered
	}
}

// effective is worked out once for a role, as said is.
func (s *Sharing) effective(role string) *Effective {
	e := s.all[role]
	if e == nil {
		e = s.m.effective(s.m.Roles[role])
		s.all[role] = e
	}
	return e
}

// covered reports whether all of one role's grants are another's too, and that one is denied nothing besides.
func (m *Map) covered(e, by *Effective) bool {
	lacks := func(some, others []string) bool {
		return slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(others, one) })
	}
	sameText := func(a, b Statement) bool {
		return slices.Equal(a.Actions, b.Actions) && slices.Equal(a.Resources, b.Resources)
	}
	return !lacks(e.Read, by.Read) && !lacks(e.Write, by.Write) && !lacks(e.Delete, by.Delete) &&
		slices.Equal(e.ManagedPolicies, by.ManagedPolicies) &&
		!slices.ContainsFunc(e.Statements, func(one Statement) bool {
			return !slices.ContainsFunc(by.Statements, func(other Statement) bool { return sameText(one, other) })
		}) &&
		!slices.ContainsFunc(by.all, func(name string) bool {
			return !slices.Contains(e.all, name) && (len(m.Datasets[name].Deny) > 0 || m.Datasets[name].KMSKey != "")
		})
}

// takes reports whether a denial, also given as JSON, would take from another role at the place something that it is granted.
func (s *Sharing) takes(place string, held Held, denial iam.Statement, text, other string) bool {
	theirs, err := s.said(other)
	s.tried++
	switch {
	case err != nil:
		return false
	case s.tried > maxTried:
		return true
	case s.m.Unbounded(other) || theirs.beside:
		return true
	case held.Under != nil && s.exclude(held, s.Holds(place, other)), theirs.denies[text]:
		return false
	}
	return slices.ContainsFunc(theirs.statements, func(one iam.Statement) bool {
		return one.Effect == "Allow" && meet(denial.Resource, one.Resource)
	})
}

// exclude reports whether nobody has a session to which both are open.
func (s *Sharing) exclude(a, b Held) bool {
	if a.Open != "" || b.Open != "" || a.Under == nil || b.Under == nil {
		return false
	}
	return !slices.ContainsFunc(a.Under, func(u Holders) bool {
		return slices.ContainsFunc(b.Under, func(v Holders) bool { return !conflict(u.Tags, v.Tags) })
	})
}

// meet reports whether one of some ARNs and one of others may name the same thing, by what they begin with.
func meet(some, others iam.Words) bool {
	start := func(arn string) string {
		if i := strings.IndexAny(arn, "*?"); i >= 0 {
			return arn[:i]
		}
		return arn
	}
	return slices.ContainsFunc(some, func(a string) bool {
		return slices.ContainsFunc(others, func(b string) bool {
			return strings.HasPrefix(start(a), start(b)) || strings.HasPrefix(start(b), start(a))
		})
	})
}

// overTLS: the statement is about the connection alone.
func overTLS(s iam.Statement) bool { return s.Condition["Bool"]["aws:SecureTransport"] != nil }
