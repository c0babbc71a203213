package live

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Grants reads S3 Access Grants. Instances of accounts to which there are no credentials are left out: Read notes them.
func (a *Accounts) Grants(ctx context.Context, of []drift.Instance) (all []drift.Grant, unread []drift.Unread, err error) {
	for _, instance := range of {
		open := a.open[instance.Account]
		if open == nil {
			continue
		}
		done := a.o.Progress("reading S3 Access Grants of account " + instance.Account)
		grants, err := a.o.STS.ListAccessGrants(ctx, sts.AccessGrants{From: open.credentials, AccountID: instance.Account, Region: instance.Region})
		done()
		if ui.IDOf(err) == "grants-not-listed" {
			unread = append(unread, drift.Unread{ARN: instance.Account, Part: drift.PartGrants, Name: instance.Region, Why: err.Error()})
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		for _, g := range grants {
			all = append(all, drift.Grant{
				ID: g.ID, Account: instance.Account, Region: instance.Region,
				Scope: g.Scope, Permission: g.Permission, GranteeType: g.GranteeType, Grantee: g.Grantee,
			})
		}
	}
	return all, unread, nil
}
