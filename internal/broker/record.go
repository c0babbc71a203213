package broker

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// recordOf begins a record of what a request was answered with: who asked, and what that was made for.
func (b *Broker) recordOf(activity audit.Activity, r Request, who audit.Who, made Binding) audit.Record {
	record := audit.New(b.parts.Now(), activity, who)
	record.Agent = b.parts.Agent
	record.Identity, record.Role, record.Scope, record.Vended = r.Identity, r.Role, r.Scope, r.From.String()
	record.RoleARN, record.PermissionSet, record.PolicyDigest, record.ManagedPolicies = made.RoleARN, made.PermissionSet, made.PolicyDigest, made.ManagedPolicies
	record.Host, record.AccountID, record.WorkspaceID, record.ServicePrincipal = made.Host, made.AccountID, made.WorkspaceID, made.ServicePrincipal
	return record
}

// record hands a record to the recorder. What it tells of goes no further on an error.
func (b *Broker) record(ctx context.Context, r audit.Record) error {
	return b.parts.Recorder.Record(ctx, r)
}

// recordOfItem begins the record of a credential.
func (b *Broker) recordOfItem(activity audit.Activity, request Request, it *item) audit.Record {
	made := it.Binding
	who := audit.Who{Issuer: made.Issuer, ClientID: made.ClientID, Subject: made.Subject, Key: made.Key, Workload: it.Job != nil}
	r := b.recordOf(activity, request, who, made)
	r.SessionName, r.Expires = it.SessionName, it.Expires
	if it.Credentials != nil {
		r.AccessKeyID, r.SessionTokenUtilization = it.Credentials.AccessKeyID, it.Credentials.TokenUtilization
	} else {
		r.Scope = nil // means nothing to a workspace
	}
	return r
}

// serveCached is the way out for what comes from the keyring.
func (c *call) serveCached(ctx context.Context, it *item) (*item, error) {
	if err := c.record(ctx, c.recordOfItem(audit.Serve, c.request, it)); err != nil {
		return nil, err
	}
	return it, nil
}

// recordRefused tells that something was answered with an error. Nothing leaves, so a recorder that fails changes
// nothing.
func (b *Broker) recordRefused(ctx context.Context, r audit.Record, cause error) {
	r.Refused = cause
	if err := b.record(context.WithoutCancel(ctx), r); err != nil {
		b.parts.Console.Warn(ui.Warning{ID: "refusal-not-recorded", What: "the refusal could not be recorded: " + ui.Clean(err.Error())})
	}
}
