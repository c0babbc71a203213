// Package audit is the record of who signed in and of every credential that left: who got what, through which role, and
// whether it was allowed.
//
// In come records from the parts that sign in, issue and refuse; where they go is a Recorder's business. A record holds
// no secret, by its type. A Recorder is asked before what it records is stored or printed, so that one that can't keep
// the record may refuse the credential.
package audit

import (
	"context"
	"log/slog"
	"time"
)

// Recorder keeps records.
type Recorder interface {
	// Record keeps one record. Where it returns an error, what the record tells of is neither stored nor handed out, as
	// far as that can still be prevented: see the activities. It must be safe for concurrent use and bounded in time.
	Record(ctx context.Context, r Record) error
}

// Activity is what happened. The class of OCSF 1.8.0 that tells of it stands beside it.
type Activity string

const (
	// SignIn: a person signed in (3002). An error keeps the session from being stored.
	SignIn Activity = "sign-in"
	// Renew: a session was renewed (3002). The refresh token is spent by then, so the session is stored all the same,
	// lest a sign-in is lost; an error keeps it from being used now.
	Renew Activity = "renew"
	// SignOut: a session was ended (3002). It ends whatever the recorder says.
	SignOut Activity = "sign-out"
	// Assume: AWS issued credentials for the role that was asked for (6003).
	Assume Activity = "assume-role"
	// Step: AWS issued credentials that are used for the next role, or to learn a name, and handed to no one (6003).
	Step Activity = "step"
	// Exchange: a workspace issued a token (6003).
	Exchange Activity = "exchange-token"
	// Vend: Unity Catalog or S3 Access Grants issued AWS credentials for data (6003).
	Vend Activity = "vend"
	// Serve: credentials or a token were served from the cache (6003).
	Serve Activity = "serve"
	// Console: a link that signs a browser in to the AWS console was made (6003).
	Console Activity = "console"
)

// Who is the principal of an activity, as far as it is known.
type Who struct {
	Identity string // of the access map
	Issuer   string // as the provider spells it; at Identity Center the start URL
	ClientID string // at the provider; a workload's audience
	Subject  string // verified, of the ID token; at Identity Center the name that AWS gives the session
	// Key is what the provider knows the person by across applications, as oid@tid; "" where it has none.
	Key      string
	Workload bool // a workload's own token, not a person's sign-in
}

// Record tells of one activity. What does not belong to it is zero.
type Record struct {
	Who

	Time     time.Time // UTC
	Activity Activity
	Agent    string // the coding agent that asked, as far as it said so; see package agent
	Refused  error  // why it was refused or failed; nil where it was allowed

	Role        string    // of the access map
	Scope       []string  // datasets that the credentials were narrowed to; empty for all of the role's
	RoleARN     string    // "" for a workspace token, and for a permission set of Identity Center by itself
	SessionName string    // as CloudTrail shows it
	AccessKeyID string    // of AWS credentials
	Expires     time.Time // of what was issued or served
	// PermissionSet is that with which a sign-in at Identity Center began, as in 111122223333/MLAdmin.
	PermissionSet string
	PolicyDigest  string // SHA-256 of the session policy in hex; "" without one
	// ManagedPolicies are the ARNs of those that narrow the session beside it, with spaces between them.
	ManagedPolicies string
	// SessionTokenUtilization is how much of the room in a session token AWS filled, in percent; 0 where it did not say.
	SessionTokenUtilization int

	Vended           string // what credentials were vended for, as in "table main.ml.churn, read"; "" for a role's own
	Host             string // of the workspace; "" for AWS
	AccountID        string // of Databricks, where the host is its account console or a unified one
	WorkspaceID      string // where the host is a unified one, which serves several
	ServicePrincipal string // as which the workspace knows the bearer; "" for the person themselves
}

// New begins a record: every record is made here, and the time is that of the caller's clock.
func New(now time.Time, activity Activity, who Who) Record {
	return Record{Time: now.UTC(), Activity: activity, Who: who}
}

// Log records to a logger; it refuses nothing.
type Log struct{ *slog.Logger }

// Record implements Recorder.
func (l Log) Record(ctx context.Context, r Record) error {
	if !l.Enabled(ctx, slog.LevelInfo) {
		return nil
	}
	attrs := []slog.Attr{
		slog.String("activity", string(r.Activity)), slog.String("identity", r.Identity), slog.String("issuer", r.Issuer),
		slog.String("subject", r.Subject), slog.String("key", r.Key), slog.Bool("workload", r.Workload), slog.String("agent", r.Agent),
	}
	if r.Role != "" {
		attrs = append(attrs, slog.String("session_name", r.SessionName), slog.String("role", r.Role), slog.String("role_arn", r.RoleARN),
			slog.String("permission_set", r.PermissionSet), slog.String("workspace_host", r.Host),
			slog.String("service_principal", r.ServicePrincipal), slog.String("vended", r.Vended), slog.Any("scope", r.Scope), slog.String("access_key_id", r.AccessKeyID),
			slog.Time("expires", r.Expires), slog.String("policy", r.PolicyDigest), slog.String("managed_policies", r.ManagedPolicies),
			slog.Int("session_token_utilization", r.SessionTokenUtilization),
			slog.Bool("cached", r.Activity == Serve), slog.Bool("step", r.Activity == Step))
	}
	message := "credential handed out"
	switch {
	case r.Refused != nil:
		message = "refused"
		attrs = append(attrs, slog.String("reason", r.Refused.Error()))
	case r.Activity == SignIn:
		message = "signed in"
	case r.Activity == Renew:
		message = "session renewed"
	case r.Activity == SignOut:
		message = "signed out"
	}
	l.LogAttrs(ctx, slog.LevelInfo, message, attrs...)
	return nil
}
