package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// prefix begins the ID of every federation policy that is made for a map, and of no other.
const prefix = "dbxaccess-"

// made takes none for ours that Databricks would not have taken from us: an ID becomes part of the path of what is deleted.
func made(policyID string) bool {
	return strings.HasPrefix(policyID, prefix) && len(policyID) <= longestID && strings.Map(idRune, policyID) == policyID
}

// longestID is more than what policyID makes.
const longestID = 128

// idRune keeps what Databricks takes in an ID.
func idRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
		return r
	}
	return '-'
}

// account is what has to stand at the account whose console the workspace is.
func (b *builder) account() (*Wanted, error) {
	state, err := desired.Of(b.m, nil, desired.Options{Now: b.now})
	if err != nil {
		return nil, err
	}
	for _, f := range state.Databricks.Federation {
		id := f.AccountID
		if id == "" {
			id = b.onlyAccount()
		}
		o := &Object{Kind: Federation, Name: policyID(f)}
		switch {
		case id == "":
			b.made.Findings = append(b.made.Findings, newFinding("workspace-account-unknown", o,
				"the access map names several accounts at Databricks, and not which of them the workspaces are in that take tokens of "+f.Identity,
				ui.Advice("give the workspaces their account_id, beside their workspace_id")))
			continue
		case id != b.workspace.AccountID:
			continue
		}
		b.policy(f)
	}
	b.made.NotLookedAt = append(b.made.NotLookedAt, "what stands in workspaces, each of which is planned with a role that works there")
	return b.whole(), nil
}

// policy is a federation policy. One that says the same for another identity stands for both.
func (b *builder) policy(f desired.FederationPolicy) {
	o := b.object(Federation, policyID(f), "")
	o.Of = f.ServicePrincipal
	o.Fields[FieldIssuer], o.Fields[FieldSubjectClaim] = f.Issuer, cmp.Or(f.SubjectClaim, "sub")
	if f.Subject != "" {
		o.Fields[FieldSubject] = f.Subject
	}
	o.give(SetAudiences, f.Audiences...)
	o.Owned[SetAudiences] = []string{Any}
}

// onlyAccount is the account at Databricks where the map names but one, "" where it names several.
func (b *builder) onlyAccount() string {
	var ids []string
	for _, w := range b.m.Workspaces {
		if w.AccountID != "" {
			ids = with(ids, w.AccountID)
		}
	}
	if len(ids) != 1 {
		return ""
	}
	return ids[0]
}

// policyID is what a policy is called: Databricks takes small letters, digits and hyphens. Of a service principal's there is one for
// each subject.
func policyID(f desired.FederationPolicy) string {
	const longest = 40 // of the identity's part
	name := strings.Map(idRune, f.Identity)
	if name != f.Identity || len(name) > longest || f.ServicePrincipal != "" {
		sum := sha256.Sum256([]byte(f.Identity + "\x00" + f.ServicePrincipal + "\x00" + f.Subject))
		name = name[:min(len(name), longest)] + "-" + hex.EncodeToString(sum[:4])
	}
	return prefix + name
}

// Says reports whether a policy that stands does what one has to that the map wants: whoever made it, and whatever it is called.
func (o *Object) Says(want *Object) bool {
	return maps.Equal(o.Fields, want.Fields) && slices.Equal(o.Sets[SetAudiences], want.Sets[SetAudiences])
}
