package login

import (
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// groupsGrace is how long groups outlive the last ID token that had their claim, where a provider may leave it out by
// mishap.
const groupsGrace = 24 * time.Hour

// Update takes what the verified claims of an ID token say, at a sign-in or a renewal. Renewed ID tokens often say less: names
// that are missing stay, but an address goes that the provider does not verify. Groups go with their claim, unless the
// provider may have left it out by mishap: then they stay for groupsGrace, and missed reports the renewal that first lacks
// them.
func (s *Session) Update(p Provider, claims idtoken.Claims, idToken secret.String, now time.Time) (missed bool) {
	kind, who := p.Quirks(), personOf(p, claims)
	if s.Subject == "" {
		s.Subject = who.subject
	}
	if kind.GroupsVanish && s.GroupsPresent && !who.groups.present && !who.groups.overage && !s.graceOver(now) {
		missed = !s.groupsStayed()
		s.GroupsSeen = s.groupsSeen()
	} else {
		s.hold(who.groups, now)
	}
	s.IDToken, s.IDTokenExpires, s.Refreshed = idToken, who.expires, now
	s.Kind, s.GroupsClaim = kind.Name, p.groupsClaim()
	for _, name := range []struct {
		kept *string
		new  string
	}{{&s.Key, who.key}, {&s.Username, who.username}, {&s.Email, who.email}, {&s.Name, who.name}} {
		if name.new != "" {
			*name.kept = name.new
		}
	}
	if disowns(kind, claims) {
		s.Email = ""
	}
	return missed
}

// IsAnother reports whether an ID token is somebody else's: by the subject, and by the provider's own key where both have one.
func (s *Session) IsAnother(p Provider, claims idtoken.Claims) bool {
	who := personOf(p, claims)
	return who.subject != s.Subject || s.Key != "" && who.key != "" && who.key != s.Key
}

// forProvider makes a stored session what it is to one identity of the access map. Several may share a sign-in and have their
// groups in other claims of it, and the map may call the provider's kind by another name than at sign-in.
func (s *Session) forProvider(p Provider) {
	if s.IDToken.IsZero() {
		return
	}
	kind := p.Quirks()
	claims, _ := idtoken.Parse(s.IDToken)
	s.Kind = kind.Name
	if disowns(kind, claims) {
		s.Email = ""
	}
	same := s.GroupsClaim == "" || s.GroupsClaim == p.groupsClaim() // older builds didn't say
	address := strings.TrimPrefix(p.groupsClaim(), "/") == "email"  // which may not have been doubted when it was stored
	if same && (!address || !disowns(kind, claims)) {
		return
	}
	s.GroupsClaim = p.groupsClaim()
	s.hold(groupsOf(p, believed(kind, claims)), s.Refreshed)
}

// hold takes the groups of a token that came at a time.
func (s *Session) hold(g groups, seen time.Time) {
	s.Groups, s.GroupsPresent, s.GroupsOverage, s.GroupsShape = g.names, g.present, g.overage, g.shape
	s.GroupsSeen = time.Time{}
	if g.present {
		s.GroupsSeen = seen
	}
}

// For is what the session is to another identity of the access map with the same provider and client.
func (s *Session) For(p Provider) *Session {
	other := *s
	other.forProvider(p)
	return &other
}

// groupsSeen is when a token last had the groups; in sessions of builds that didn't note it, the sign-in's is certain.
func (s *Session) groupsSeen() time.Time {
	if s.GroupsSeen.IsZero() {
		return s.SignedIn
	}
	return s.GroupsSeen
}

// groupsStayed: the groups are those of an earlier token than the session's.
func (s *Session) groupsStayed() bool {
	return s.GroupsPresent && !s.GroupsSeen.IsZero() && s.GroupsSeen.Before(s.Refreshed)
}

// graceOver: groups that no token has named since may not stay. A time in the future, by a clock that has since been set
// back or by damage, must not keep them for ever.
func (s *Session) graceOver(now time.Time) bool {
	seen := s.groupsSeen()
	return !now.Before(seen.Add(groupsGrace)) || seen.After(now.Add(idtoken.Leeway))
}

// groupsLapsed: the groups stayed, and may no longer.
func (s *Session) groupsLapsed(now time.Time) bool { return s.groupsStayed() && s.graceOver(now) }

// withoutLapsed is the session without groups that may no longer stay.
func (s *Session) withoutLapsed(now time.Time) *Session {
	if !s.groupsLapsed(now) {
		return s
	}
	without := *s
	without.Groups, without.GroupsPresent, without.GroupsSeen = nil, false, time.Time{}
	return &without
}
