package broker

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// unassigned stands for somebody whom Identity Center let in and assigned nothing that the map knows: nothing says who
// that is, and there is nothing that they could take.
const unassigned = "somebody without an assignment"

// maxNaming bounds how many permission sets are tried for a name.
const maxNaming = 3

// NameCenter finds out who signed in at Identity Center, which does not say: AWS names the person in the session of every
// permission set that is given out. The credentials that this takes may do what the permission set may, are used for the one
// question, and are thrown away. It sets who's subject and user name.
func (b *Broker) NameCenter(ctx context.Context, p login.Provider, tokens *login.Tokens, who *login.Identity) error {
	m, _, err := b.Map()
	if err != nil {
		return err
	}
	who.Subject, who.Username = unassigned, unassigned
	var failed []error
	for _, assigned := range who.Groups[:min(len(who.Groups), maxNaming)] {
		name, err := b.nameBy(ctx, p, tokens, assigned, regionIn(m, p))
		if err == nil {
			who.Subject, who.Username = name, name
			return nil
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (b *Broker) nameBy(ctx context.Context, p login.Provider, tokens *login.Tokens, assigned, region string) (string, error) {
	account, role, _ := strings.Cut(assigned, "/")
	credentials, err := b.STS.RoleCredentials(ctx, sts.CenterRole{
		Region: p.SSORegion, StartURL: p.Issuer, AccountID: account, RoleName: role, Token: tokens.AccessToken,
	})
	if err != nil {
		return "", err
	}
	caller, err := b.STS.CallerIdentity(ctx, credentials, region)
	if err != nil {
		return "", err
	}
	if caller.SessionName == "" {
		return caller.ARN, nil
	}
	return caller.SessionName, nil
}

// regionIn is one in which the identity's roles work: the account may have others switched off.
func regionIn(m *accessmap.Map, p login.Provider) string {
	if identity := m.Identities[p.Name]; identity != nil {
		for _, role := range slices.Sorted(maps.Keys(m.Roles)) {
			if aws := m.Roles[role].AWS; aws != nil && slices.Contains(identity.Roles, role) {
				return aws.Region
			}
		}
	}
	return p.SSORegion
}
