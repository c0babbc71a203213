package broker

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// name finds out who signed in at Identity Center, which does not say: AWS names the person in the session of every
// permission set that is given out. It takes one that the map names. The credentials may do what the permission set
// may, are used for the one question, recorded, and thrown away. It sets the session's subject and user name.
func (b *Broker) name(ctx context.Context, p login.Provider, session *login.Session) error {
	view, err := b.view()
	if err != nil {
		return err
	}
	session.Subject, session.Username = login.Unassigned, login.Unassigned
	var failed []error
	for _, base := range access.PermissionSets(view.Map, p.Name) {
		if !slices.Contains(session.Groups, base.AccountID+"/"+base.RoleName) {
			continue
		}
		err := b.nameBy(ctx, p, session, base)
		if err == nil {
			return nil
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (b *Broker) nameBy(ctx context.Context, p login.Provider, session *login.Session, base accessmap.Hop) error {
	credentials, err := b.parts.STS.RoleCredentials(ctx, sts.PermissionSet{
		Region: p.SSORegion, StartURL: p.Issuer, AccountID: base.AccountID, RoleName: base.RoleName, Token: session.AccessToken,
	})
	if err != nil {
		return err
	}
	caller, err := b.parts.STS.CallerIdentity(ctx, credentials, base.Region)
	if err != nil {
		return err
	}
	name := cmp.Or(caller.SessionName, caller.ARN)
	session.Subject, session.Username = name, name
	r := audit.New(b.parts.Now(), audit.Step, login.WhoOf(p, session))
	r.Role, r.PermissionSet = base.Role, base.AccountID+"/"+base.RoleName
	r.SessionName, r.AccessKeyID, r.Expires = caller.SessionName, credentials.AccessKeyID, credentials.Expires
	return b.record(ctx, r)
}
