package login

import (
	"cmp"
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
// them. When and how someone proved who they are is what the sign-in says. Groups that are at the userinfo endpoint are not touched: see Inform, which comes first.
func (s *Session) Update(p Provider, claims idtoken.Claims, idToken secret.String, now time.Time) (missed bool) {
	kind, who := p.Quirks(), personOf(p, claims)
	proved := authenticationOf(kind, claims, now)
	if s.Subject == "" {
		s.Subject, s.Authentication = who.subject, proved
	}
	s.Authentication = s.Authentication.renewed(proved)
	if !p.UserInfo {
		missed = s.receive(who.groups, kind.GroupsVanish, now)
	}
	s.IDToken, s.IDTokenExpires, s.Refreshed = idToken, who.expires, now
	s.Kind, s.GroupsClaim, s.UserInfo = kind.Name, p.groupsClaim(), p.UserInfo
	s.Key = cmp.Or(who.key, s.Key)
	s.call(who, disowns(kind, claims))
	return missed
}

// call takes the names that someone has by a token; those that it lacks stay, but not an address that is disowned.
func (s *Session) call(who *person, disowned bool) {
	s.Username, s.Email, s.Name = cmp.Or(who.username, s.Username), cmp.Or(who.email, s.Email), cmp.Or(who.name, s.Name)
	if disowned {
		s.Email = ""
	}
}

// Inform takes what the userinfo endpoint says of the session's subject, before Update: the groups, and names that the ID token
// may lack. nil: it gave no answer for now, so groups of before stay for groupsGrace; missed reports the first such renewal.
func (s *Session) Inform(p Provider, info *idtoken.Claims, now time.Time) (missed bool) {
	s.GroupsUnasked = false
	if info == nil {
		return s.receive(groups{}, true, now)
	}
	who := personOf(p, *info)
	s.call(who, disowns(p.Quirks(), *info))
	return s.receive(who.groups, false, now)
}

// receive takes groups, in place of which those of before stay where none came, and the provider may have left them out by mishap.
func (s *Session) receive(g groups, mishap bool, now time.Time) (missed bool) {
	if mishap && s.GroupsPresent && !g.present && !g.overage && !s.graceOver(now) {
		missed = !s.groupsStayed()
		s.GroupsSeen = s.groupsSeen()
		return missed
	}
	s.hold(g, now)
	return false
}

// IsAnother reports whether an ID token is someone else's: by the subject, and by the provider's own key where both have one.
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
	same := s.UserInfo == p.UserInfo && (s.GroupsClaim == "" || s.GroupsClaim == p.groupsClaim()) // older builds didn't say
	address := strings.TrimPrefix(p.groupsClaim(), "/") == "email"                                // which may not have been doubted when it was stored
	switch {
	case same && (p.UserInfo || !address || !disowns(kind, claims)):
		return
	case p.UserInfo:
		s.hold(groups{}, time.Time{})
		s.GroupsUnasked = true
		return
	}
	s.GroupsClaim, s.UserInfo = p.groupsClaim(), false
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

// groupsLapsed: the groups stayed, and may no longer; or they were never asked for.
func (s *Session) groupsLapsed(now time.Time) bool {
	return s.GroupsUnasked || s.groupsStayed() && s.graceOver(now)
}

// withoutLapsed is the session without groups that may no longer stay.
func (s *Session) withoutLapsed(now time.Time) *Session {
	if !s.groupsLapsed(now) {
		return s
	}
	without := *s
	without.Groups, without.GroupsPresent, without.GroupsSeen = nil, false, time.Time{}
	return &without
}
