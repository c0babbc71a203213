package broker

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// name finds out who signed in at Identity Center, which does not say: AWS names the person in the session of every
// permission set that is given out. It takes one that the map names. The credentials may do what the permission set
// may, are used for the one question, recorded, and thrown away. It sets the session's subject and user name.
func (b *Broker) name(ctx context.Context, p login.Provider, session *login.Session) error {
	ctx, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
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
		if ui.IDOf(err) != "permission-set-refused" { // with another it would be no different
			break
		}
	}
	return errors.Join(failed...)
}

// nameTime bounds it while the person waits.
const nameTime = 30 * time.Second

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
	if !caller.Is(base.AccountID, base.RoleName) {
		return ui.Errorf("caller-differs", ui.Failed, "the credentials of permission set %s in account %s are of %s by AWS's word",
			ui.Clean(base.RoleName), ui.Clean(base.AccountID), caller.ARN).
			With(ui.Advice("another server may answer in AWS's place: check AWS_ENDPOINT_URL_SSO, AWS_ENDPOINT_URL_STS and the network"))
	}
	name := cmp.Or(caller.SessionName, caller.ARN)
	session.Subject, session.Username = name, name
	r := audit.New(b.parts.Now(), audit.Step, login.WhoOf(p, session))
	r.Role, r.PermissionSet = base.Role, base.AccountID+"/"+base.RoleName
	r.SessionName, r.AccessKeyID, r.Expires, r.RequestID = caller.SessionName, credentials.AccessKeyID, credentials.Expires, credentials.RequestID
	return b.record(ctx, r)
}

// Finish finds out who signed in at Identity Center, and what is assigned by now, where the session does not say. It is
// renewed for that. LoginNeeded where it can't be.
func (b *Broker) Finish(ctx context.Context, p login.Provider, session *login.Session) (*login.Session, error) {
	renewed, err := b.parts.Sessions.Renew(ctx, p, session)
	if err == nil {
		err = b.name(ctx, p, renewed)
	}
	if ui.CodeOf(err) == ui.LoginNeeded {
		return nil, err
	}
	if err != nil {
		return nil, unfinished(p, err)
	}
	return renewed, b.store(ctx, p, renewed)
}

// unfinished is the error of a session that is stored and not known to be anyone's. nil stays nil.
func unfinished(p login.Provider, err error) error {
	if err == nil || ui.CodeOf(err) == ui.Interrupted {
		return err
	}
	return ui.Errorf("sign-in-unfinished", ui.Failed, "the sign-in at %s is kept, but what it gives could not be looked up: %w", p.Host(), err).
		With(ui.Command(p.LoginCommand()), ui.Advice("that goes on from here, without another approval"))
}
