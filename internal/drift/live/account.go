package live

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Source gives credentials of one account.
type Source struct {
	Name   string // as people know it, such as "role ml-admin"
	Region string // of the STS endpoint that is asked whose they are
	Get    func(ctx context.Context) (*sts.Credentials, error)
}

// account is one to which there are credentials.
type account struct {
	number, partition string
	region            string // of STS
	by                string // whose credentials they are, for people
	credentials       *sts.Credentials
	caller            *sts.Caller
	used              bool // of a source: something is read with it, or a role was taken
}

// anyAccount stands in the ARN of a role to take for the number of each account that is read.
const anyAccount = "{account}"

// Open finds credentials for accounts: a role to take in it, else a source of the account itself. That there are none is told
// by Read. Errors are those of sources, and of a service that can't be reached.
func Open(ctx context.Context, numbers []string, o Options) (*Accounts, error) {
	opened := &Accounts{o: o, open: map[string]*account{}, shut: map[string]string{}, tried: map[string]bool{}}
	for _, source := range o.Sources {
		found, err := o.identify(ctx, source)
		if err != nil {
			return nil, err
		}
		opened.sources = append(opened.sources, found)
	}
	if o.Own {
		numbers = slices.Clone(numbers)
		for _, source := range opened.sources {
			numbers = append(numbers, source.number)
		}
		slices.Sort(numbers)
		numbers = slices.Compact(numbers)
	}
	for _, number := range numbers {
		if err := opened.find(ctx, number); err != nil {
			return nil, err
		}
	}
	return opened, nil
}

// NotTaken tells of roles to take that were passed over: other credentials are used in their place, or none of the accounts is theirs.
// Refusals that leave an account shut are told by Read.
func (a *Accounts) NotTaken() []string {
	notes := slices.Clone(a.instead)
	for _, role := range a.o.Assume {
		if a.tried[role] {
			continue
		}
		why := "another role was taken before it"
		if number := accountOf(role); number != anyAccount && a.open[number] == nil && a.shut[number] == "" {
			why = "nothing is asked for in its account"
		}
		notes = append(notes, "the role "+ui.Clean(role)+" was not taken: "+why)
	}
	return notes
}

// Unused are the sources of which nothing came, as people know them, with the account that they are of.
func (a *Accounts) Unused() (names []string) {
	for _, source := range a.sources {
		if !source.used {
			names = append(names, source.by+", of account "+source.number)
		}
	}
	return names
}

// identify asks AWS whose credentials a source gives.
func (o Options) identify(ctx context.Context, source Source) (*account, error) {
	defer o.Progress("asking AWS whose the credentials of " + source.Name + " are")()
	credentials, err := source.Get(ctx)
	if err != nil {
		return nil, err
	}
	caller, err := o.STS.CallerIdentity(ctx, credentials, source.Region)
	if err != nil {
		return nil, err
	}
	parsed, err := arn.Parse(caller.ARN)
	if err != nil || !iam.IsAccount(parsed.AccountID) {
		return nil, ui.Errorf("account-unknown", ui.Failed, "AWS says that the credentials of %s are those of %s, which is in no account", source.Name, caller.ARN).
			With(ui.Advice("check AWS_ENDPOINT_URL_STS and the proxy"))
	}
	return &account{
		number: parsed.AccountID, partition: parsed.Partition, region: source.Region, by: source.Name, credentials: credentials, caller: caller,
	}, nil
}

// find opens an account by a role to take there, else by a source of its own, or keeps why neither does.
func (a *Accounts) find(ctx context.Context, number string) error {
	found, refused, err := a.take(ctx, number)
	if err != nil {
		return err
	}
	// A role that is in every account but the one that the others are managed from does not stand in the way.
	if i := slices.IndexFunc(a.sources, func(source *account) bool { return source.number == number }); found == nil && i >= 0 {
		a.sources[i].used = true
		found = a.sources[i]
	}
	switch {
	case found != nil:
		a.open[number] = found
		for _, why := range refused {
			a.instead = append(a.instead, ui.Clean("account "+number+" is asked with the credentials of "+found.by+", as a role was not taken: "+why))
		}
	case len(refused) > 0:
		a.shut[number] = strings.Join(refused, "; ")
	default:
		a.shut[number] = "there are no credentials for it"
	}
	return nil
}

// take takes the first role of an account that can be taken, and tells of those before it why they can't.
func (a *Accounts) take(ctx context.Context, number string) (taken *account, refused []string, err error) {
	for _, wanted := range a.o.Assume {
		role := strings.ReplaceAll(wanted, anyAccount, number)
		if accountOf(role) != number {
			continue
		}
		a.tried[wanted] = true
		var whys []string
		for _, source := range a.sources {
			taken, err := a.o.assume(ctx, role, source)
			if err == nil {
				source.used = true
				return taken, refused, nil
			}
			if ui.CodeOf(err) != ui.Refused {
				return nil, nil, err
			}
			whys = append(whys, err.Error())
		}
		refused = append(refused, whys...)
	}
	return nil, refused, nil
}

// assume takes a role, for reading alone.
func (o Options) assume(ctx context.Context, role string, source *account) (*account, error) {
	parsed, err := arn.Parse(role)
	if err != nil {
		return nil, err
	}
	if parsed.Partition != source.partition {
		return nil, ui.Errorf("drift-other-partition", ui.Refused, "%s is in the partition %s, the credentials of %s are in %s",
			role, parsed.Partition, source.by, source.partition).With(ui.Advice("give credentials of that partition"))
	}
	defer o.Progress("taking " + role)()
	name := sts.SessionName("", "", source.caller.SessionName)
	if source.caller.SessionName == "" {
		name = cmp.Or(o.SessionName, "dbxaccess-drift")
	}
	policy := o.Policy
	if policy.Version == "" {
		policy = readOnly()
	}
	credentials, err := o.STS.AssumeRole(ctx, sts.AssumeRole{
		From: source.credentials, FromRole: source.caller.ARN, RoleARN: role, Region: source.region, SessionName: name,
		Policy: policy.JSON(), Duration: time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("with the credentials of %s: %w", source.by, err)
	}
	return &account{
		number: parsed.AccountID, partition: parsed.Partition, region: source.region, by: role, credentials: credentials, caller: &sts.Caller{ARN: role},
	}, nil
}

// readOnly is the session policy of roles that are taken: whatever they may, nothing is changed with them.
func readOnly() iam.Document {
	return iam.Policy(iam.Statement{
		Effect: "Allow",
		Action: iam.Words{
			"iam:GetInstanceProfile", "iam:GetOpenIDConnectProvider", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy",
			"iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:SimulatePrincipalPolicy",
			"s3:ListAccessGrants",
		},
		Resource: iam.Words{"*"},
	})
}
