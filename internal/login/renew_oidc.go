package login

import "context"

// oidcRenewal is the renewal at an OpenID Connect provider.
type oidcRenewal struct {
	s      *Sessions
	p      Provider
	e      *Endpoints
	tokens *Tokens // what spend brought
}

func (r *oidcRenewal) spend(ctx context.Context, session *Session) (err error) {
	r.tokens, err = r.s.Client.Refresh(ctx, r.p, r.e, session.RefreshToken, session.Scope)
	return err
}

// keep stores a new refresh token before anything else can fail: verifying the ID token needs the network.
func (r *oidcRenewal) keep(ctx context.Context, session *Session) (*Session, error) {
	ctx = context.WithoutCancel(ctx)
	s, p, tokens := r.s, r.p, r.tokens
	// Not verified yet, but another's refresh token must not get into this session. Verify proves the same bytes below.
	if claims, ok := unverified(tokens.IDToken); ok && isAnother(session, newIdentity(p, claims)) {
		return nil, p.loginNeeded("%s renewed the session of %s as another subject", p.host(), session.Display())
	}
	renewed := *session
	rotated := renewed.replace(tokens.RefreshToken)
	renewed.NoSilentRenewal = tokens.IDToken.IsZero()
	renewed.limit(tokens.RefreshExpiresIn, rotated, s.now())
	if renewed.NoSilentRenewal {
		s.tell(p, s.keep(ctx, p, &renewed))
		return nil, noRenewal(p, &renewed)
	}
	var unkept error
	if rotated {
		unkept = s.keep(ctx, p, &renewed)
	}
	identity, err := s.Client.Verify(ctx, p, r.e, tokens.IDToken, "")
	if err != nil {
		s.tell(p, unkept)
		return nil, err
	}
	if renewed.adopt(p, identity, tokens.IDToken, s.now().UTC()) {
		s.notice("%s renewed the sign-in without the groups (claim %q); those of before stay until %s, unless a new sign-in brings others: %s --force",
			p.host(), p.groupsClaim(), renewed.GroupsSeen.Add(groupsGrace).Local().Format(toTheMinute), p.loginCommand())
	}
	s.tell(p, s.keep(ctx, p, &renewed))
	return &renewed, nil
}

// isAnother reports whether a renewal is somebody else's: by the subject, and by the provider's own key where both have one.
func isAnother(session *Session, renewed *Identity) bool {
	return renewed.Subject != session.Subject ||
		session.Key != "" && renewed.Key != "" && renewed.Key != session.Key
}
