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
	// Serve: credentials or a token were served from the cache (6003). Where Count is set, that is told of as many times at
	// once, from Since to Time.
	Serve Activity = "serve"
	// Console: a link that signs a browser in to the AWS console was made (6003).
	Console Activity = "console"
	// Entitle: which roles a session's groups give, told when a person has signed in or what they are given has changed (3003).
	Entitle Activity = "entitle"
	// Tool: a tool of the MCP server was called (6003). What it issued, if it did, is told by records of its own. An error keeps the
	// answer from the agent.
	Tool Activity = "tool"
)

// Who is the principal of an activity, as far as it is known.
type Who struct {
	Identity string `json:"identity,omitzero"`  // of the access map
	Issuer   string `json:"issuer,omitzero"`    // as the provider spells it; at Identity Center the start URL
	ClientID string `json:"client_id,omitzero"` // at the provider; a workload's audience
	Subject  string `json:"subject,omitzero"`   // verified, of the ID token; at Identity Center the name that AWS gives the session
	// Key is what the provider knows the person by across applications, as oid@tid; "" where it has none.
	Key string `json:"key,omitzero"`
	// Name is how people know the person, as a sign-in prints it; "" where that is the subject. It is for reading alone, as a provider
	// may give two people the same. Email is their address, where the provider doesn't say that it is not verified.
	Name     string `json:"person_name,omitzero"`
	Email    string `json:"email,omitzero"`
	Workload bool   `json:"workload,omitzero"` // a workload's own token, not a person's sign-in
}

// Grant is one role that a group gives by the access map.
type Grant struct {
	Role  string `json:"role,omitzero"`
	Group string `json:"group,omitzero"` // as the map spells it; it stands in the record of this machine, and in no session's name or tags
}

// Asker is the machine and the program on whose behalf something happened. Programs are told by their names, and never by
// their arguments, which may hold secrets. Nothing proves it.
type Asker struct {
	Hostname string   `json:"hostname,omitzero"`
	OS       string   `json:"os,omitzero"`      // as GOOS spells it
	OSUser   string   `json:"os_user,omitzero"` // the name of the user of this machine
	OSUserID string   `json:"os_user_id,omitzero"`
	PID      int      `json:"pid,omitzero"`
	Process  string   `json:"process,omitzero"` // the program that started dbxaccess
	Parents  []string `json:"parents,omitzero"` // those that started it, nearest first, at most eight
}

// Record tells of one activity. What does not belong to it is zero. Its members in JSON are those of unmapped.dbxaccess in a line,
// and never change their names; Refused is written beside them, as what a person was told.
type Record struct {
	Who
	Asker

	Time     time.Time `json:"time,omitzero"` // UTC
	Activity Activity  `json:"activity,omitzero"`
	Agent    string    `json:"agent,omitzero"` // the coding agent that asked, as far as it said so; see package agent
	Refused  error     `json:"-"`              // why it was refused or failed; nil where it was allowed
	// Overruled is the coding agent that the surroundings told of, where a person confirmed at the terminal that it was them who asked.
	Overruled string `json:"agent_overruled,omitzero"`
	// Tool is that of the MCP server, and Asked what became of a question that it had for the person: asked, where it was put to the agent's
	// program, then accept, decline or cancel, as that answered. Nothing but that program proves that a person did.
	Tool  string `json:"tool,omitzero"`
	Asked string `json:"asked,omitzero"`
	// Run is the name of the run that asked: of exec --run, or what MLflow calls it. Nothing proves it.
	Run string `json:"run,omitzero"`
	// Since and Count belong to a Serve that tells of several: the first of them, and how many.
	Since time.Time `json:"since,omitzero"`
	Count int       `json:"count,omitzero"`
	// Tally and First belong to a Serve with a Count: the name of what has counted, and the number there of the first that is told of,
	// from 1. Two records that tell of one number tell of one serving, twice: a process ended before it could note that it had told.
	Tally string `json:"tally,omitzero"`
	First int    `json:"first,omitzero"`
	// Grants are what an Entitle tells of.
	Grants []Grant `json:"grants,omitzero"`
	// Reason is what the credentials are for, as who asked said it, cleaned: see credential.Request. Nothing proves it.
	Reason string `json:"reason,omitzero"`

	Role        string    `json:"role,omitzero"`          // of the access map
	Group       string    `json:"group,omitzero"`         // through which the person has the role; "" where it is given to everybody or to a machine
	Scope       []string  `json:"scope,omitzero"`         // datasets that the credentials were narrowed to; empty for all of the role's
	RoleARN     string    `json:"role_arn,omitzero"`      // "" for a workspace token, and for a permission set of Identity Center by itself
	SessionName string    `json:"session_name,omitzero"`  // as CloudTrail shows it
	AccessKeyID string    `json:"access_key_id,omitzero"` // of AWS credentials
	Expires     time.Time `json:"expires,omitzero"`       // of what was issued or served
	// SourceIdentity is what AWS shows beside the session, as a claim of the ID token has set it; "" where none did. Whether the session
	// has an origin identity, STS does not say: its subject would be the Subject.
	SourceIdentity string `json:"source_identity,omitzero"`
	// RequestID is that of the answer which issued it; that of AWS CloudTrail shows too.
	RequestID string `json:"request_id,omitzero"`
	// Tags are the role's of the map, as in cost-center: what is spent is told by them.
	Tags map[string]string `json:"tags,omitzero"`
	// MapDigest is the SHA-256 of the access map in hex by which it was decided.
	MapDigest string `json:"map_digest,omitzero"`
	// PermissionSet is that with which a sign-in at Identity Center began, as in 111122223333/MLAdmin.
	PermissionSet string `json:"permission_set,omitzero"`
	PolicyDigest  string `json:"policy_digest,omitzero"` // SHA-256 of the session policy in hex; "" without one
	// ManagedPolicies are the ARNs of those that narrow the session beside it, with spaces between them.
	ManagedPolicies string `json:"managed_policies,omitzero"`
	// ParentAccessKeyID is that of the credentials which STS narrowed to these, whose record is a Step, and ScopedPolicies how many
	// policies such calls have narrowed the session by. "" and 0 where there was none.
	ParentAccessKeyID string `json:"parent_access_key_id,omitzero"`
	ScopedPolicies    int    `json:"scoped_policies,omitzero"`
	// SessionTokenUtilization is how much of the room in a session token AWS filled, in percent; 0 where it did not say.
	SessionTokenUtilization int `json:"session_token_utilization,omitzero"`

	Vended           string `json:"vended,omitzero"`            // what credentials were vended for, as in "table main.ml.churn, read"; "" for a role's own
	Host             string `json:"host,omitzero"`              // of the workspace; "" for AWS
	AccountID        string `json:"account_id,omitzero"`        // of Databricks, where the host is its account console or a unified one
	WorkspaceID      string `json:"workspace_id,omitzero"`      // where the host is a unified one, which serves several
	ServicePrincipal string `json:"service_principal,omitzero"` // as which the workspace knows the bearer; "" for the person themselves
}

// New begins a record: every record is made here, and the time is that of the caller's clock.
func New(now time.Time, activity Activity, who Who) Record {
	return Record{Time: now.UTC(), Activity: activity, Who: who}
}

// Each hands records to one recorder after another, up to the first that fails.
type Each []Recorder

// Record implements Recorder.
func (all Each) Record(ctx context.Context, r Record) error {
	for _, recorder := range all {
		if err := recorder.Record(ctx, r); err != nil {
			return err
		}
	}
	return nil
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
		slog.String("subject", r.Subject), slog.String("key", r.Key), slog.String("person_name", r.Name), slog.Bool("workload", r.Workload), slog.String("agent", r.Agent),
	}
	if r.Role != "" {
		attrs = append(attrs, slog.String("session_name", r.SessionName), slog.String("role", r.Role), slog.String("role_arn", r.RoleARN),
			slog.String("permission_set", r.PermissionSet), slog.String("workspace_host", r.Host),
			slog.String("service_principal", r.ServicePrincipal), slog.String("vended", r.Vended), slog.Any("scope", r.Scope), slog.String("access_key_id", r.AccessKeyID),
			slog.Time("expires", r.Expires), slog.String("policy", r.PolicyDigest), slog.String("managed_policies", r.ManagedPolicies),
			slog.String("parent_access_key_id", r.ParentAccessKeyID), slog.Int("scoped_policies", r.ScopedPolicies),
			slog.Int("session_token_utilization", r.SessionTokenUtilization), slog.String("asked_for", r.Reason),
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
