package broker

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// recordOf begins a record of what a request was answered with, by what that was made for.
func recordOf(activity audit.Activity, r Request, made Binding) audit.Record {
	return audit.Record{
		Activity: activity, Identity: r.Identity, Role: r.Role, Scope: r.Scope,
		Issuer: made.Issuer, ClientID: made.ClientID, Subject: made.Subject, Key: made.Key,
		RoleARN: made.RoleARN, PermissionSet: made.PermissionSet, PolicyDigest: made.PolicyDigest,
		Host: made.Host, AccountID: made.AccountID, ServicePrincipal: made.ServicePrincipal,
	}
}

// record hands a record to the recorder. What it tells of goes no further on an error.
func (b *Broker) record(ctx context.Context, r audit.Record) error {
	r.Time = b.parts.Now().UTC()
	return b.parts.Recorder.Record(ctx, r)
}

// recordItem tells of a credential that was issued or is about to be served.
func (c *call) recordItem(ctx context.Context, activity audit.Activity, it *item) error {
	r := recordOf(activity, c.request, it.Binding)
	r.SessionName, r.Expires, r.Workload = it.SessionName, it.Expires, it.Job != nil
	if it.Credentials != nil {
		r.AccessKeyID = it.Credentials.AccessKeyID
	} else {
		r.Scope = nil // means nothing to a workspace
	}
	return c.record(ctx, r)
}

// serveCached is the way out for what comes from the keyring.
func (c *call) serveCached(ctx context.Context, it *item) (*item, error) {
	if err := c.recordItem(ctx, audit.Serve, it); err != nil {
		return nil, err
	}
	return it, nil
}

// recordRefused tells that something was answered with an error. Nothing leaves, so a recorder that fails changes nothing.
func (b *Broker) recordRefused(ctx context.Context, r audit.Record, cause error) {
	r.Refused = cause
	if err := b.record(context.WithoutCancel(ctx), r); err != nil {
		b.parts.Console.Warn(ui.Warning{ID: "refusal-not-recorded", What: "the refusal could not be recorded: " + ui.Clean(err.Error())})
	}
}
