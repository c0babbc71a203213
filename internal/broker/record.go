package broker

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// recordOf begins a record of what a request was answered with: who asked, and what that was made for.
func (b *Broker) recordOf(activity audit.Activity, r Request, who audit.Who, made Binding) audit.Record {
	record := audit.New(b.parts.Now(), activity, who)
	record.Agent, record.Overruled, record.Reason, record.Run = r.Agent, b.parts.Overruled, r.Reason, r.Run
	record.Identity, record.Role, record.Scope, record.Vended = r.Identity, r.Role, r.Scope, r.From.String()
	record.RoleARN, record.PermissionSet, record.PolicyDigest, record.ManagedPolicies = made.RoleARN, made.PermissionSet, made.PolicyDigest, made.ManagedPolicies
	record.Host, record.AccountID, record.WorkspaceID, record.ServicePrincipal = made.Host, made.AccountID, made.WorkspaceID, made.ServicePrincipal
	return record
}

// tell adds to a record by which rule of which map the role is given, and what the person is called: a credential knows them by
// subject alone.
func (e *entitlement) tell(r *audit.Record) {
	if who := login.WhoOf(e.signIn.Provider, e.session()); who.Issuer == r.Issuer && who.Subject == r.Subject {
		r.Name, r.Email = who.Name, who.Email
	}
	r.MapDigest, r.Group, r.Tags = e.m.Digest(), e.signIn.Group(e.role.Role), e.role.Tags
}

// decided adds that as far as the call has come.
func (c *call) decided(r audit.Record) audit.Record {
	if c.entitlement != nil {
		c.entitlement.tell(&r)
	}
	return r
}

// entitled tells which roles the map gives a session; nothing without a map, which gives none.
func (b *Broker) entitled(p login.Provider, s *login.Session) []audit.Record {
	view, err := b.view()
	if err != nil {
		return nil
	}
	r := audit.New(b.parts.Now(), audit.Entitle, login.WhoOf(p, s))
	r.MapDigest, r.Grants = view.Map.Digest(), []audit.Grant{}
	for _, name := range slices.Sorted(maps.Keys(view.Map.Identities)) {
		identity := view.Map.Identities[name]
		other := access.ProviderOf(view.Map, identity)
		if !identity.Method().SignsIn() || login.SessionKey(other) != login.SessionKey(p) {
			continue
		}
		signIn := access.NewSignIn(view.Map, identity, s.For(other), b.parts.Now())
		for _, role := range signIn.Roles() {
			grant := audit.Grant{Role: role, Group: signIn.Group(role)}
			if len(r.Grants) < maxTold && !slices.Contains(r.Grants, grant) {
				r.Grants = append(r.Grants, grant)
			}
		}
	}
	return []audit.Record{r}
}

// maxTold bounds what one record tells of, in roles: a line has room for as many.
const maxTold = 2000

// record hands a record to the recorder. What it tells of goes no further on an error.
func (b *Broker) record(ctx context.Context, r audit.Record) error {
	return b.parts.Recorder.Record(ctx, r)
}

// recordOfItem begins the record of a credential.
func (b *Broker) recordOfItem(activity audit.Activity, request Request, it *item) audit.Record {
	made := it.Binding
	who := audit.Who{Issuer: made.Issuer, ClientID: made.ClientID, Subject: made.Subject, Key: made.Key, Workload: it.Job != nil}
	r := b.recordOf(activity, request, who, made)
	r.SessionName, r.Expires, r.Reason = it.SessionName, it.Expires, cmp.Or(r.Reason, it.Reason)
	if it.Credentials != nil {
		r.AccessKeyID, r.SessionTokenUtilization = it.Credentials.AccessKeyID, it.Credentials.TokenUtilization
		r.ParentAccessKeyID, r.ScopedPolicies = it.Credentials.ParentKeyID, it.Credentials.ScopedPolicies
		r.RequestID, r.SourceIdentity = it.Credentials.RequestID, it.Credentials.SourceIdentity
	} else {
		r.RequestID = it.Token.RequestID
		r.Scope = nil // means nothing to a workspace
	}
	return r
}

// serveCached is the way out for what comes from the keyring.
func (c *call) serveCached(ctx context.Context, it *item) (*item, error) {
	if err := c.record(ctx, c.decided(c.recordOfItem(audit.Serve, c.request, it))); err != nil {
		return nil, err
	}
	return it, nil
}

// recordRefused tells that something was answered with an error. Nothing leaves, so a recorder that fails changes
// nothing.
func (b *Broker) recordRefused(ctx context.Context, r audit.Record, cause error) {
	r.Refused = cause
	if err := b.record(context.WithoutCancel(ctx), r); err != nil {
		if id := ui.IDOf(err); id != "" && id == ui.IDOf(cause) {
			return // the person is told so by the refusal itself
		}
		b.parts.Console.Warn(ui.Warning{ID: "refusal-not-recorded", What: "the refusal could not be recorded: " + ui.Clean(ui.Told(err))})
	}
}
