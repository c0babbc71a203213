package accessmap

import (
	"fmt"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// soon is how long before its end a grant is told of: time enough to have it extended.
const soon = 14 * 24 * time.Hour

// lintEnds tells of roles that are given for a while: warnings of those that are given no more, which a map keeps for nothing;
// notes of those that end soon, and of those to whose end what stands behind the role does not keep by itself.
func (m *Map) lintEnds(w *warnings, now time.Time) (notes []Problem) {
	var near report
	told := make(map[string]bool)
	for _, i := range m.Identities {
		if !i.limited() { // so that most of a large map is not put into words for nothing
			continue
		}
		for who, g := range i.givenBy() {
			if g.Until.IsZero() {
				continue
			}
			if g.Ended(now) {
				w.warn(grantEnded, concern{partIdentity, i.Name}, g.at, "identity %s: %s had %s, which has passed: remove it, or extend it", i.Name, who, g.words())
				continue
			}
			if left := g.Until.Sub(now); left <= soon {
				near.add(g.at, "identity %s: %s has %s, which ends in %s", i.Name, who, g.words(), days(left))
			}
			if why := m.outlives(m.Roles[g.Role], g.Until); why != "" && !told[g.Role] {
				told[g.Role] = true
				near.add(g.at, "role %s is given until %s; nothing is asked for or handed out afterwards, but %s", g.Role, Until(g.Until), why)
			}
		}
	}
	return near.sorted()
}

// outlives says what of a role may outlive the end of its grant, where that has been issued before; "" where nothing does.
// At AWS the session policy has the end in it, that of a role without datasets too; on a permission set without any STS puts it, where
// it can.
func (m *Map) outlives(r *Role, until time.Time) string {
	switch {
	case r.AWS == nil:
	case r.AWS.RoleARN == "" && r.unbounded():
		return "where AWS does not let sts:GetScopedCredentials narrow them, credentials of its permission set live as long as IAM Identity Center lets them"
	case !iam.OfAWS(r.AWS.RoleARN) && m.compile(m.effective(r), until).Whole == "":
		return "credentials may live up to 15 minutes longer: it has no datasets, so it gets no session policy that says when it ends"
	}
	if len(r.effectiveWorkspaces) > 0 {
		return "its workspace tokens live as long as Databricks lets them"
	}
	return ""
}

// days are those of a time, in words.
func days(left time.Duration) string {
	switch n := int(left / (24 * time.Hour)); n {
	case 0:
		return "less than a day"
	case 1:
		return "1 day"
	default:
		return fmt.Sprintf("%d days", n)
	}
}
