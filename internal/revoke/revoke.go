// Package revoke works out what one person still holds by the record, and the policies that take it away from that person alone.
//
// In come records, the name of a person as these have it, and the clock; out come the credentials that have not ended, and for
// each AWS role a policy that denies everything to the sessions that were issued to this person until now. What no policy reaches
// is named with its end. It asks nobody and changes nothing: package apply does. A policy must never meet a session of somebody
// else: where the record shows that two people have one name in a role's sessions, that name is not used, and this is said.
package revoke

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Kind is a kind of what a person holds.
type Kind string

// The kinds.
const (
	Keys    Kind = "aws-keys"    // temporary credentials of an AWS role
	Console Kind = "console"     // a link that signed a browser in to AWS
	Vended  Kind = "vended-keys" // AWS credentials for data, of a role that is Unity Catalog's or S3 Access Grants'
	Token   Kind = "workspace-token"
)

// Credential is something that was issued and has not ended. It holds no secret.
type Credential struct {
	Kind          Kind      `json:"kind"`
	Role          string    `json:"role,omitempty"` // of the access map
	RoleARN       string    `json:"role_arn,omitempty"`
	PermissionSet string    `json:"permission_set,omitempty"` // of Identity Center, as in 111122223333/MLAdmin, where there is no role_arn
	Host          string    `json:"host,omitempty"`           // of the workspace
	For           string    `json:"vended,omitempty"`         // the data that it was vended for
	AccessKeyID   string    `json:"access_key_id,omitempty"`
	SessionName   string    `json:"session_name,omitempty"`
	Hostname      string    `json:"hostname,omitempty"` // the machine that asked
	Issued        time.Time `json:"issued_at"`          // or first seen
	Ends          time.Time `json:"ends_at"`
	Denied        bool      `json:"denied"` // by one of the policies

	names []name // by which AWS knows the session
	timed bool   // Issued is when AWS issued it
}

// target is the role at AWS.
func (c *Credential) target() string { return cmp.Or(c.RoleARN, c.PermissionSet) }

// Unreached is what no policy takes away.
type Unreached struct {
	What string     `json:"what"`
	Why  string     `json:"why"`
	Ends *time.Time `json:"ends_at,omitempty"` // nil: nothing here knows
}

// Plan is the answer.
type Plan struct {
	Person  Person       `json:"person"`
	AsOf    time.Time    `json:"as_of"`
	Since   *time.Time   `json:"since,omitempty"` // what was issued before stays
	Alive   []Credential `json:"alive"`
	Denials []Denial     `json:"policies"`
	Left    []Unreached  `json:"not_reached"`
}

// Terms say which sessions are meant.
type Terms struct {
	Since time.Time     // issued then or later; zero: whenever
	Ahead time.Duration // issued before now and this; 0: before now
}

// Of is what a person holds at a time, and what takes it away.
func (b *Book) Of(h *Holder, t Terms) *Plan {
	p := &Plan{Person: h.person(), AsOf: b.now.UTC(), Alive: []Credential{}, Denials: []Denial{}, Left: []Unreached{}}
	if !t.Since.IsZero() {
		since := t.Since.UTC().Truncate(time.Second)
		p.Since, t.Since = &since, since
	}
	denials := map[string]*Denial{}
	for _, c := range h.alive(b.now, t.Since) {
		names, why := b.usable(h, c)
		if len(names) > 0 && p.Since != nil && !c.timed {
			names, why = nil, "the record does not say when AWS issued it, which may have been before --since"
		}
		if len(names) > 0 {
			c.Denied = true
			b.deny(h, denials, c, names, t)
		} else {
			p.Left = append(p.Left, unreached(c, why))
		}
		p.Alive = append(p.Alive, c)
	}
	for _, d := range denials {
		d.finish()
		p.Denials = append(p.Denials, *d)
	}
	slices.SortFunc(p.Denials, func(a, b Denial) int {
		return cmp.Or(cmp.Compare(a.RoleARN, b.RoleARN), cmp.Compare(a.PermissionSet, b.PermissionSet))
	})
	p.Left = append(p.Left, always()...)
	return p
}

// deny adds what a credential is denied by to the policy of its role.
func (b *Book) deny(h *Holder, all map[string]*Denial, c Credential, names []name, t Terms) {
	target := c.target()
	d := all[target]
	if d == nil {
		d = &Denial{
			RoleARN: c.RoleARN, PermissionSet: c.PermissionSet, PolicyName: h.PolicyName(), Since: t.Since,
			// Sessions that were issued within this second are meant, too: IAM counts whole ones.
			Before: b.now.Add(t.Ahead).UTC().Truncate(time.Second).Add(time.Second),
		}
		all[target] = d
	}
	for _, n := range names {
		d.add(n)
	}
}

// usable are the names by which a policy can tell a credential's session from those of everybody else, or why there are none.
func (b *Book) usable(h *Holder, c Credential) (names []name, why string) {
	switch c.Kind {
	case Token:
		return nil, "AWS has no part in it, and no call is known that ends one of a person's tokens: deactivate the person in the Databricks account, and count on its end"
	case Vended:
		return nil, "it is a session of a role of its own, which knows nothing of the person; it ends by itself"
	}
	shared := ""
	for _, n := range c.names {
		if b.shares(c.target(), n, h) {
			shared = n.value
			continue
		}
		if n.key != userID || len(names) == 0 { // a session's name is used where there is nothing better
			names = append(names, n)
		}
	}
	if len(names) == 0 && shared != "" {
		return nil, "somebody else has sessions under the name " + shared + ", and would be denied, too"
	}
	if len(names) == 0 {
		return nil, "the record does not say by what name AWS knows its session"
	}
	return names, ""
}

func unreached(c Credential, why string) Unreached {
	what := string(c.Kind)
	switch c.Kind {
	case Token:
		what = "the token of workspace " + c.Host
	case Vended:
		what = "the credentials " + c.AccessKeyID + " for " + c.For
	case Keys:
		what = "the credentials " + c.AccessKeyID + " of " + c.target()
	case Console:
		what = "the console of " + c.target()
	}
	return Unreached{What: what, Why: why, Ends: &c.Ends}
}

// always is what nobody can read from a record.
func always() []Unreached {
	return []Unreached{
		{
			What: "what the person can still get",
			Why: "the identity provider decides on that: take them out of their groups and end their sessions there first. An ID token that they have is " +
				"taken until it ends, often for an hour: deny ahead for as long (--ahead 1h)",
		},
		{What: "what other machines have recorded", Why: "only what was read here is counted: name their records with --record"},
	}
}

// PolicyName is that of a person's policies: the same each time, and without their name in it.
func (h *Holder) PolicyName() string {
	sum := sha256.Sum256([]byte(h.id()))
	return iam.RevokePrefix + hex.EncodeToString(sum[:8])
}

// Roles are the ARNs of the roles of which the person had sessions, ended or not, as far as IAM lets their policies be changed.
func (h *Holder) Roles() []string {
	var arns []string
	for arn := range h.roles {
		if !Reserved(arn) {
			arns = append(arns, arn)
		}
	}
	slices.Sort(arns)
	return arns
}

// Reserved reports whether a role is AWS's own, such as those of permission sets, whose policies IAM does not let be changed.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
func Reserved(roleARN string) bool { return strings.Contains(roleARN, ":role/aws-reserved/") }

// namesOf are the names by which AWS knows the session of a record, the best first. An origin identity is none of them: the record can't
// know whether a session has one, and a policy on what a session lacks lets it go on.
func namesOf(r audit.Record) (names []name) {
	if r.SourceIdentity != "" {
		names = append(names, name{key: sourceIdentity, value: r.SourceIdentity})
	}
	if r.SessionName != "" {
		session := r.SessionName
		if r.RoleARN != "" { // of a permission set, AWS names the session by itself
			session, _, _ = strings.Cut(session, string(credential.BeforeRun))
		}
		names = append(names, name{key: userID, value: session})
	}
	return names
}
