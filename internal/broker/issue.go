package broker

import (
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// Issue is the record of one credential that was issued or served: who got what, and where it came from.
type Issue struct {
	Time        time.Time
	Identity    string // of the access map
	Issuer      string
	Subject     string
	Key         string // by which the provider knows the person across applications, as oid@tid; "" where it has none
	SessionName string // as CloudTrail shows it
	Role        string
	RoleARN     string // "" for a workspace token, and for a permission set of Identity Center by itself
	// PermissionSet is that with which a sign-in at Identity Center began, as in 111122223333/MLAdmin.
	PermissionSet string
	Host          string // of the workspace; "" for AWS
	// ServicePrincipal is as whom the workspace knows the bearer; "" for the person themselves, and for AWS.
	ServicePrincipal string
	Scope            []string // of AWS credentials
	AccessKeyID      string   // of AWS credentials
	Expires          time.Time
	Cached           bool // served from the keyring
	Step             bool // used for the next step to the role, or to learn a name, and handed to nobody
}

// hand is the seam through which every credential leaves.
func (b *Broker) hand(r Request, it *item, cached bool) *item {
	if b.Issued != nil {
		issue := Issue{
			Time: b.Now().UTC(), Identity: r.Identity, Issuer: it.Binding.Issuer, Subject: it.Binding.Subject, Key: it.Binding.Key,
			SessionName: it.SessionName, Role: r.Role, RoleARN: it.Binding.RoleARN, Host: it.Binding.Host,
			PermissionSet:    it.Binding.PermissionSet,
			ServicePrincipal: it.Binding.ServicePrincipal, Expires: it.Expires, Cached: cached,
		}
		if it.Credentials != nil {
			issue.AccessKeyID, issue.Scope = it.Credentials.AccessKeyID, r.Scope
		}
		b.Issued(issue)
	}
	return it
}

// recordStep accounts for credentials that were used for the next step alone: CloudTrail shows them too.
func (b *Broker) recordStep(e *entitlement, issued *sts.Credentials, of string) {
	if b.Issued == nil {
		return
	}
	i := Issue{
		Time: b.Now().UTC(), Identity: e.provider.Name, Issuer: e.provider.Issuer, Subject: e.session.Subject, Key: e.session.Key,
		SessionName: e.sessionName(), Role: e.role, AccessKeyID: issued.AccessKeyID, Expires: issued.Expires, Step: true,
	}
	if strings.HasPrefix(of, "arn:") {
		i.RoleARN = of
	} else {
		i.PermissionSet = e.binding.PermissionSet
	}
	b.Issued(i)
}
