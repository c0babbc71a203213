// Package live reads what IAM and S3 Access Grants have, over every account that an access map names, with AWS's own SDK.
//
// In come a desired.State and where credentials come from; out comes a drift.Actual. It only reads. It asks for nothing but
// the roles, providers and instance profiles that the state names, and what hangs on them. What AWS does not let it read is
// noted, and the rest is read; what it can't reach is an error, so that an IAM that did not answer is never taken for one
// without drift. Beside that it hands out accounts to those who change something in them (Client), with a policy that they name. It must
// never change anything at AWS itself, look for credentials by itself, send them to a host that is not AWS's,
// this machine's or trusted, or be linked into dbxaccess, which starts too often for a whole SDK.
package live

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// Options say how AWS is asked. HTTP, STS, Sources and Progress are needed.
type Options struct {
	HTTP         *http.Client // from httpclient: no redirects, bounded bodies
	Endpoint     string       // AWS_ENDPOINT_URL_IAM, checked before anything is sent; "" for AWS's own
	TrustedHosts []string     // that it may name besides AWS and this machine
	Hosts        iam.Hosts    // which of AWS's own
	STS          *sts.Client

	Sources []Source
	// Assume are ARNs of roles to take with the sources' credentials, each in its own account; {account} stands for any.
	Assume []string
	// Policy narrows the sessions of these, and SessionName is theirs where the source's sessions have none. The zero values are those of
	// who reads.
	Policy      iam.Document
	SessionName string
	// Own has the sources' own accounts opened beside those that are named.
	Own bool

	Progress func(doing string) (done func())
}

// Accounts are AWS accounts to which there are credentials, or the reason why there are none.
type Accounts struct {
	o    Options
	open map[string]*account // by number
	shut map[string]string   // number: why

	sources []*account
	tried   map[string]bool // of Assume: there was an account for it
	instead []string        // what is used in the place of roles that were refused
}

// Of lists the numbers of the accounts that a state names, sorted.
func Of(state *desired.State) []string {
	named := map[string]bool{}
	for _, text := range arns(state) {
		if account := accountOf(text); account != "" {
			named[account] = true
		}
	}
	return slices.Sorted(maps.Keys(named))
}

// arns are those of a state's providers, roles and instance profiles, and of the roles that pass on others.
func arns(state *desired.State) []string {
	var all []string
	for _, provider := range state.Providers {
		all = append(all, provider.ARN)
	}
	for _, role := range state.Roles {
		all = append(all, role.ARN)
		if role.Instance != nil {
			all = append(all, role.Instance.ARN)
		}
	}
	for _, pass := range state.Databricks.PassRoles {
		all = append(all, pass.CrossAccountRole)
	}
	return all
}

// accountOf is the account in an ARN, "" for what is none or has none.
func accountOf(text string) string {
	parsed, err := arn.Parse(text)
	if err != nil {
		return ""
	}
	return parsed.AccountID
}

// Read reads what IAM has of a state. Errors are those of a service that can't be reached, and of credentials that ended.
func (a *Accounts) Read(ctx context.Context, state *desired.State) (*drift.Actual, error) {
	actual := &drift.Actual{}
	for _, number := range Of(state) {
		open := a.open[number]
		if open == nil {
			actual.Unread = append(actual.Unread, drift.Unread{ARN: number, Part: drift.PartAccount, Why: a.shut[number]})
			continue
		}
		reading, err := a.reading(open, actual)
		if err == nil {
			err = reading.all(ctx, state)
		}
		if err != nil {
			return nil, err
		}
		actual.Accounts = append(actual.Accounts, number)
	}
	return actual, nil
}

// all reads what a state names in one account.
func (r *reading) all(ctx context.Context, state *desired.State) error {
	for _, provider := range state.Providers {
		if err := r.in(provider.ARN, func() error { return r.provider(ctx, provider.ARN) }); err != nil {
			return err
		}
	}
	for _, role := range state.Roles {
		if err := r.in(role.ARN, func() error { return r.role(ctx, role.ARN) }); err != nil {
			return err
		}
		if role.Instance == nil {
			continue
		}
		if err := r.in(role.Instance.ARN, func() error { return r.instanceProfile(ctx, role.Instance.ARN) }); err != nil {
			return err
		}
	}
	for _, pass := range state.Databricks.PassRoles {
		if slices.ContainsFunc(state.Roles, func(role desired.Role) bool { return role.ARN == pass.CrossAccountRole }) {
			continue // it was read
		}
		if err := r.in(pass.CrossAccountRole, func() error {
			_, err := r.policiesOf(ctx, pass.CrossAccountRole)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// in reads something if it is in this account, with a word to who waits.
func (r *reading) in(of string, read func() error) error {
	if accountOf(of) != r.account.number {
		return nil
	}
	defer r.progress("reading " + of)()
	return read()
}
