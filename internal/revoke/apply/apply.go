// Package apply writes the policies of package revoke into IAM, and takes them away again.
//
// In come policies and accounts that are open (drift/live); out comes what became of each. It touches one inline policy of a role,
// by a name of ours, and no other. What stands there under that name and is not ours is left as it is. It must never say that a
// policy stands that it has not read back, let free what an earlier one denies, or be linked into dbxaccess.
package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/revoke"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// State is what became of a policy.
type State string

// The states.
const (
	Written   State = "written"
	Unchanged State = "unchanged" // it stood there already
	Removed   State = "removed"
	Absent    State = "absent"     // there was none to remove
	Kept      State = "kept"       // it is needed until Until
	ByHand    State = "not-by-iam" // IAM does not let the role's policies be changed
	Failed    State = "failed"
)

// Result is what became of the policy of one role.
type Result struct {
	RoleARN       string     `json:"role_arn,omitempty"`
	PermissionSet string     `json:"permission_set,omitempty"`
	PolicyName    string     `json:"policy_name"`
	State         State      `json:"state"`
	Until         *time.Time `json:"needed_until,omitempty"`
	Error         *Failure   `json:"error,omitempty"`

	Err error `json:"-"`
}

// Failure is an error for programs.
type Failure struct {
	ID   ui.ID  `json:"id"`
	Text string `json:"text"`
}

// MaxInline is how many characters the inline policies of a role may have together, without white space.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const MaxInline = 10240

// settling is how often, and after what pause each, what was written is looked for: IAM does not show it everywhere at once.
var settling = slices.Repeat([]time.Duration{time.Second}, 10)

// Policy is all that sessions may do that are taken to write the policies of some roles. Where these are too many to be named, it is
// of all roles.
func Policy(roleARNs []string) iam.Document {
	on := func(roles iam.Words) iam.Document {
		return iam.Policy(iam.Statement{
			Effect: "Allow", Action: iam.Words{"iam:GetRole", "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"}, Resource: roles,
		})
	}
	if named := on(roleARNs); len(roleARNs) > 0 && len(named.JSON()) <= iam.MaxSessionPolicy {
		return named
	}
	return on(iam.Words{"*"})
}

// Accounts are the numbers of those that roles are in, sorted.
func Accounts(roleARNs []string) (numbers []string) {
	for _, text := range roleARNs {
		if parsed, err := arn.Parse(text); err == nil {
			numbers = append(numbers, parsed.AccountID)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// Deny writes the policies. What fails at one role does not keep the others from it.
func Deny(ctx context.Context, accounts *live.Accounts, denials []revoke.Denial) (results []Result) {
	for i := range denials {
		d := &denials[i]
		r := Result{RoleARN: d.RoleARN, PermissionSet: d.PermissionSet, PolicyName: d.PolicyName, State: ByHand}
		if !d.Reserved() {
			var err error
			r.State, err = deny(ctx, accounts, d)
			r.failed(err)
		}
		results = append(results, r)
	}
	return results
}

// Undo removes the policies of a name from roles, as far as all sessions have ended that they deny.
func Undo(ctx context.Context, accounts *live.Accounts, policyName string, roleARNs []string, now time.Time) (results []Result) {
	for _, roleARN := range roleARNs {
		r := Result{RoleARN: roleARN, PolicyName: policyName}
		var err error
		r.State, r.Until, err = undo(ctx, accounts, policyName, roleARN, now)
		r.failed(err)
		results = append(results, r)
	}
	return results
}

func (r *Result) failed(err error) {
	if err != nil {
		r.State, r.Err, r.Error = Failed, err, &Failure{ui.IDOf(err), ui.Clean(err.Error())}
	}
}

// deny writes one policy. One of before is joined to it.
func deny(ctx context.Context, accounts *live.Accounts, d *revoke.Denial) (State, error) {
	role, err := find(ctx, accounts, d.RoleARN)
	if err != nil {
		return "", err
	}
	before, err := role.read(ctx, d.PolicyName)
	switch {
	case errors.Is(err, live.ErrMissing):
	case err != nil:
		return "", err
	default:
		stands := string(before.Policy)
		if d.Join(before); string(d.Policy) == stands {
			return Unchanged, nil
		}
	}
	if len(d.Policy) > MaxInline {
		return "", ui.Errorf("revoke-policy-size", ui.Failed, "the policy for %s has %d characters, and the inline policies of a role have room for %d", d.RoleARN, len(d.Policy), MaxInline).
			With(ui.Advice("narrow it by the time of issue (--since), or stop the role's sessions altogether in IAM's console (Revoke active sessions)"))
	}
	if err := role.client.PutInline(ctx, role.name, d.PolicyName, string(d.Policy)); err != nil {
		return "", gone(err, d.RoleARN)
	}
	return Written, role.settled(ctx, d.PolicyName, func(stands *revoke.Denial) bool {
		return stands != nil && string(stands.Policy) == string(d.Policy)
	})
}

func undo(ctx context.Context, accounts *live.Accounts, policyName, roleARN string, now time.Time) (State, *time.Time, error) {
	role, err := find(ctx, accounts, roleARN)
	if err != nil {
		return "", nil, err
	}
	stands, err := role.read(ctx, policyName)
	switch {
	case errors.Is(err, live.ErrMissing):
		return Absent, nil, nil
	case err != nil:
		return "", nil, err
	case !stands.Over(now):
		ends := stands.Ends()
		return Kept, &ends, nil
	}
	if err := role.client.DeleteInline(ctx, role.name, policyName); err != nil && !errors.Is(err, live.ErrMissing) {
		return "", nil, err
	}
	return Removed, nil, role.settled(ctx, policyName, func(stands *revoke.Denial) bool { return stands == nil })
}

// role is one that is there.
type role struct {
	client    *live.Client
	arn, name string
}

// find looks a role up: one of that name under another path is not the one.
func find(ctx context.Context, accounts *live.Accounts, roleARN string) (*role, error) {
	parsed, err := arn.Parse(roleARN)
	if err != nil {
		return nil, ui.Errorf("revoke-role-unknown", ui.Failed, "%q is not the ARN of a role", ui.Clean(roleARN)).With(ui.Command("dbxaccess audit verify"))
	}
	client, err := accounts.Client(parsed.AccountID)
	if err != nil {
		return nil, err
	}
	r := &role{client: client, arn: roleARN, name: parsed.Resource[strings.LastIndexByte(parsed.Resource, '/')+1:]}
	is, err := client.RoleARN(ctx, r.name)
	if err == nil && is != roleARN {
		err = live.ErrMissing
	}
	if err != nil {
		return nil, gone(err, roleARN)
	}
	return r, nil
}

func gone(err error, roleARN string) error {
	if errors.Is(err, live.ErrMissing) {
		return ui.Errorf("revoke-role-missing", ui.Failed, "IAM has no role %s: its sessions can do nothing any more", ui.Clean(roleARN)).
			With(ui.Advice("if it was deleted, there is nothing to deny; if it was made again, sessions of before are not of this one"))
	}
	return err
}

// read reads our policy of the role; ErrMissing where there is none.
func (r *role) read(ctx context.Context, policyName string) (*revoke.Denial, error) {
	document, err := r.client.Inline(ctx, r.name, policyName)
	if err != nil {
		return nil, err
	}
	d, err := revoke.ReadDenial(r.arn, policyName, document)
	if err != nil {
		return nil, ui.Errorf("revoke-policy-changed", ui.Failed, "the inline policy %s of %s is left as it is: %w", policyName, r.arn, err).
			With(ui.Advice("look at it, delete it if nobody needs it, and try again:"),
				ui.Command("aws iam get-role-policy --role-name "+ui.Word(r.name)+" --policy-name "+policyName,
					"aws iam delete-role-policy --role-name "+ui.Word(r.name)+" --policy-name "+policyName))
	}
	return d, nil
}

// settled reads back until what was done shows.
func (r *role) settled(ctx context.Context, policyName string, done func(stands *revoke.Denial) bool) error {
	for _, pause := range append(settling, 0) {
		stands, err := r.read(ctx, policyName)
		if err != nil && !errors.Is(err, live.ErrMissing) {
			return err
		}
		if done(stands) {
			return nil
		}
		if err := httpclient.Wait(ctx, pause); err != nil {
			return err
		}
	}
	return ui.Errorf("revoke-not-read-back", ui.Failed, "IAM took the change of %s at %s, and does not show it", policyName, r.arn).
		With(ui.Advice("run the same command again: it looks first, and changes nothing twice"))
}
