package accessmap

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// lintStepUp tells where a step-up can't be met, as warnings, and of whom it asks nothing, as notes.
func (m *Map) lintStepUp(w *warnings, rank int, h Handling, tell func(format string, args ...any)) {
	if h.Reason {
		tell("reason: required is enforced, and only says that there is a reason: it goes into the record. What is cached is served for the reason it was issued for")
	}
	if !h.StepUp.Asks() {
		return
	}
	tell("%s is enforced by the ID token of the sign-in, each time that a role is given and that what is cached is", h.StepUp.Words())
	if h.StepUp.MaxAge > 0 {
		tell("max_auth_age is comfort where credentials were copied: AWS and Databricks let them live on to their own end")
	}
	for name, i := range m.Identities {
		roles := m.withData(name, rank)
		switch {
		case i == nil || len(roles) == 0:
		case !i.Method().SignsIn():
			tell("the identity %s gives %s to jobs: no person signs in there, so nothing is asked of the sign-in", name, firstOf(roles))
		case h.StepUp.unable(i) != "":
			w.warn(stepUpUnproven, concern{partIdentity, name}, m.identityAt[name], "identity %s: %s. The policy asks for it of who takes %s (%s: %s)",
				name, h.StepUp.unable(i), firstOf(roles), sensitivities()[rank], h.StepUp.Words())
		case h.StepUp.optional(i) != "":
			tell("identity %s: %s", name, h.StepUp.optional(i))
		}
	}
}

// withData are the roles that an identity gives with data of a rank or more, sorted.
func (m *Map) withData(identity string, rank int) (roles []string) {
	for name := range m.gives[identity] {
		if role := m.Roles[name]; role != nil && rankOf(role.mostSensitive) >= rank {
			roles = append(roles, name)
		}
	}
	slices.Sort(roles)
	return roles
}

// claims are those of the ID token that are asked for.
func (s StepUp) claims() (names []string) {
	for _, c := range []struct {
		name  string
		asked bool
	}{{"auth_time", s.MaxAge > 0}, {"acr", s.ACR != nil}, {"amr", s.AMR != nil}} {
		if c.asked {
			names = append(names, c.name)
		}
	}
	return names
}

// unable says why no sign-in of people with an identity can prove what is asked, as far as the kind of its provider tells; "" where
// one may.
func (s StepUp) unable(i *Identity) string {
	if i.Method() == idp.IdentityCenter {
		return "IAM Identity Center tells neither when nor how somebody signed in"
	}
	kind := idp.KindOf(i.Kind, i.Issuer)
	if never := among(kind.Unproven, s.claims()); never != "" {
		return "the ID tokens of its provider, of kind " + kind.Name + ", never hold " + never
	}
	return ""
}

// optional is how an administrator turns on what is asked, "" where the kind of the provider needs nothing turned on.
func (s StepUp) optional(i *Identity) string {
	kind := idp.KindOf(i.Kind, i.Issuer)
	if i.Method() != idp.OpenIDConnect || among(kind.Optional, s.claims()) == "" {
		return ""
	}
	return "the ID tokens of kind " + kind.Name + " hold " + among(kind.Optional, s.claims()) + " only where that is turned on: docs/providers/" + kind.Name + ".md"
}

// among joins those of some that are among others.
func among(some, others []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(some), func(one string) bool { return !slices.Contains(others, one) }), " and ")
}
