package broker

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// hopLife is what credentials live that are only the way to the next role: the least that AWS gives.
const hopLife = 15 * time.Minute

// chain notes by which roles the asked one is reached, and what that makes of its binding and its duration.
func (e *entitlement) chain() error {
	hops, err := e.m.Chain(e.role, e.identity.Center())
	if err != nil {
		return err
	}
	e.hops = hops
	last := hops[len(hops)-1]
	e.binding.RoleARN, e.binding.Region, e.binding.Duration = last.RoleARN, last.Region, e.grants.Duration
	if e.identity.Center() {
		e.binding.PermissionSet = hops[0].AccountID + "/" + hops[0].RoleName
	}
	if e.chained() {
		e.binding.Duration, _ = sts.Clamped(e.grants.Duration)
		e.binding.ChainDigest = chainDigest(hops)
	}
	return nil
}

// renewal says what gives a newer token.
func (e *entitlement) renewal() string {
	if e.provider.Token != nil {
		return "the token comes from " + e.provider.Token.String() + ", and must be renewed there"
	}
	return "dbxaccess login --identity " + e.provider.Name
}

// chained reports whether AWS counts the last step as role chaining: one made with a role's credentials.
func (e *entitlement) chained() bool { return len(e.hops) > 1 || e.fromAmbient() }

// fromAmbient: the first role is assumed with the credentials that AWS gives the machine.
func (e *entitlement) fromAmbient() bool {
	return e.provider.Token != nil && e.provider.Token.From == idp.FromAWS
}

// chainDigest hashes everything on the way that decides what the credentials are.
func chainDigest(hops []accessmap.Hop) string {
	var parts []string
	for _, h := range hops {
		// Maps print sorted by key; quoted, no two print alike.
		parts = append(parts, h.RoleARN, h.AccountID, h.RoleName, h.Region, h.ExternalID,
			fmt.Sprintf("%q %q %v", h.Tags, h.TransitiveTags, h.SourceIdentity))
	}
	return digest(parts...)
}

// assume walks the chain: from the ID token, from Identity Center or from what AWS gives the machine to the role that was
// asked for. Credentials of roles on the way may do nothing but take the next step, and are kept nowhere. The session
// policy narrows the last.
func (b *Broker) assume(ctx context.Context, e *entitlement) (*sts.Credentials, error) {
	if _, cut := sts.Clamped(e.grants.Duration); cut && e.chained() {
		b.remark(fmt.Sprintf("the role %s is reached through another role, which AWS allows for 1 h at most: its duration of %s is cut",
			e.role, e.grants.Duration))
	}
	have, from, hops, err := b.firstStep(ctx, e)
	carried := map[string]bool{} // tags that go on by themselves and must not be given again
	for i, hop := range hops {
		if err != nil {
			return nil, err
		}
		step := sts.AssumeRole{
			From: have, FromRole: from, RoleARN: hop.RoleARN, Region: hop.Region, SessionName: e.sessionName(),
			ExternalID: hop.ExternalID, Tags: maps.Clone(hop.Tags), Policy: e.policy, Duration: e.binding.Duration,
		}
		maps.DeleteFunc(step.Tags, func(key, _ string) bool { return carried[key] })
		for _, key := range hop.TransitiveTags {
			if !carried[key] {
				carried[key] = true
				step.TransitiveTags = append(step.TransitiveTags, key)
			}
		}
		if hop.SourceIdentity {
			step.SourceIdentity = e.sessionName()
		}
		if i+1 < len(hops) {
			step.Policy, step.Duration = iam.HopPolicy(hops[i+1].RoleARN).JSON(), hopLife
		}
		if i > 0 || !e.fromAmbient() {
			b.recordStep(e, have, from)
		}
		have, err = b.STS.AssumeRole(ctx, step)
		from = hop.RoleARN
	}
	return have, err
}

// firstStep has the credentials that the rest of the chain is walked with, the role they are of, and that rest.
func (b *Broker) firstStep(ctx context.Context, e *entitlement) (have *sts.Credentials, from string, rest []accessmap.Hop, err error) {
	first := e.hops[0]
	switch {
	case e.fromAmbient():
		have, err = b.Ambient.Credentials(ctx)
		return have, "", e.hops, err
	case e.identity.Center():
		have, err = b.STS.RoleCredentials(ctx, sts.CenterRole{
			Region: e.provider.SSORegion, StartURL: e.provider.Issuer, AccountID: first.AccountID, RoleName: first.RoleName,
			Token: e.session.AccessToken, Renewal: e.renewal(),
		})
		return have, first.RoleName, e.hops[1:], err
	}
	in := sts.WebIdentity{
		Token: e.session.IDToken, RoleARN: first.RoleARN, Region: first.Region, SessionName: e.sessionName(),
		Policy: e.policy, Duration: e.binding.Duration,
		Issuer: e.provider.Issuer, Audience: e.provider.ClientID, Subject: e.session.Subject, Renewal: e.renewal(),
	}
	if len(e.hops) > 1 {
		in.Policy, in.Duration = iam.HopPolicy(e.hops[1].RoleARN).JSON(), hopLife
	}
	have, err = b.STS.AssumeRoleWithWebIdentity(ctx, in)
	return have, first.RoleARN, e.hops[1:], err
}
