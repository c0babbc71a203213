package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Proves returns until when the sign-in proves what the map's policy asks of it for data that a role reaches, zero for no end.
// LoginNeeded where it does not, or no longer, with the command that signs in afresh; Refused where no sign-in of its kind can.
// Of jobs, which no person signs in for, nothing is asked.
func (s *SignIn) Proves(role string, data accessmap.Sensitive) (until time.Time, err error) {
	asks, proved := data.Handling.StepUp, s.Session.Authentication
	if !asks.Asks() || !s.Identity.Method().SignsIn() {
		return time.Time{}, nil
	}
	if err := unprovable(s.m, s.Identity, role, data); err != nil {
		return time.Time{}, err
	}
	if asks.MaxAge > 0 && !proved.Time.IsZero() {
		until = proved.Time.Add(asks.MaxAge)
	}
	missing := s.missing(asks, proved)
	if missing == "" {
		return until, nil
	}
	short := ui.Errorf("step-up-needed", ui.LoginNeeded, "%w", &StepUpError{
		Identity: s.Identity.Name, Role: role,
		What: fmt.Sprintf("%s; the role %s, which reaches %s, asks for more (policy: %s)", missing, role, data.Words(), asks.Words()),
	}).With(ui.Command(ForCommand(s.m, s.Identity.Name, role)))
	return time.Time{}, short.With(s.untoldFix(asks))
}

// untoldFix says how the provider comes to tell what is asked for; nil where it tells it, whatever it says, but for a time that can't be.
func (s *SignIn) untoldFix(asks accessmap.StepUp) ui.Fix {
	if asks.MaxAge > 0 && s.Session.Authentication.Unbelieved != 0 {
		return unbelievedFix()
	}
	kind := s.Provider.Quirks()
	if len(untold(asks, s.Session.Authentication, kind)) == 0 {
		return nil
	}
	return s.Provider.FillIn(kind.HowStepUp(), "")
}

// StepUpError is that a sign-in does not prove what the map's policy asks for a role's data.
type StepUpError struct {
	Identity, Role string // of the map
	What           string // a sentence
}

func (e *StepUpError) Error() string { return e.What }

// unprovable is the error of a role for which no sign-in with an identity can prove what is asked; nil where one may.
func unprovable(m *accessmap.Map, i *accessmap.Identity, role string, data accessmap.Sensitive) error {
	if i.Method() != idp.IdentityCenter || !data.Handling.StepUp.Asks() {
		return nil
	}
	return ui.Errorf("step-up-impossible", ui.Refused, "the role %s, which reaches %s, asks for a sign-in that proves more than IAM Identity Center tells of one (policy: %s)",
		role, data.Words(), data.Handling.StepUp.Words()).
		With(ui.Advice("ask " + Contact(m) + " for an identity of an OpenID Connect provider that gives the role, or for another role"))
}

// missing is the first thing that is asked and not proved; "" where all is.
func (s *SignIn) missing(asks accessmap.StepUp, proved login.Authentication) string {
	host := s.Provider.Host()
	switch age := s.at.Sub(proved.Time); {
	case asks.MaxAge == 0:
	case proved.Unbelieved != 0:
		return "the ID token of " + host + " says that you signed in at " + unbelieved(proved.Unbelieved)
	case proved.Time.IsZero():
		return "the sign-in at " + host + " does not say when that was: its ID token has no auth_time"
	case age >= asks.MaxAge:
		return "you proved who you are at " + host + " " + ui.Remaining(s.at, proved.Time) + " ago"
	}
	if asks.ACR != nil && !anyOf(asks.ACR, proved.ACR) {
		return told("the sign-in at "+host+" has the authentication context ", proved.ACR, "the sign-in at "+host+" names no authentication context", s.Provider.Quirks().ACRClaim())
	}
	for _, methods := range asks.AMR {
		if !anyOf(methods, proved.AMR) {
			return told("the sign-in at "+host+" was by ", proved.AMR, "the sign-in at "+host+" does not say by which methods it was", "amr")
		}
	}
	return ""
}

// untold are the claims that are asked for and that the provider left out: that is set up there.
func untold(asks accessmap.StepUp, proved login.Authentication, kind *idp.Kind) (claims []string) {
	for _, c := range []struct {
		name    string
		missing bool
	}{
		{"auth_time", asks.MaxAge > 0 && proved.Time.IsZero() && proved.Unbelieved == 0},
		{kind.ACRClaim(), asks.ACR != nil && proved.ACR == nil},
		{"amr", asks.AMR != nil && proved.AMR == nil},
	} {
		if c.missing {
			claims = append(claims, c.name)
		}
	}
	return claims
}

// unbelieved ends a sentence about an auth_time that is no time of a sign-in: see login.Authentication.
func unbelieved(seconds int64) string {
	const year10000 = 253402300800
	if seconds < 0 || seconds >= year10000 {
		return fmt.Sprintf("%d (auth_time), which is no time in seconds since 1970", seconds)
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339) + " (auth_time), which is later than the sign-in by this machine's clock"
}

func unbelievedFix() ui.Fix {
	return ui.ForAdmin("have the provider send auth_time in seconds since 1970, and look whether its clock and this machine's are right: dbxaccess doctor")
}

func anyOf(asked, proved []string) bool {
	return slices.ContainsFunc(asked, func(one string) bool { return slices.Contains(proved, one) })
}

// told is a sentence about the values of a claim, or the one about a claim without any.
func told(with string, values []string, without, claim string) string {
	if len(values) == 0 {
		return without + " (" + claim + ")"
	}
	return with + strings.Join(values, ", ") + " (" + claim + ")"
}

// StepUp returns nil where the sign-in proves what is asked for a role's data: see Proves.
func (s *SignIn) StepUp(role string) error {
	data, err := s.m.Sensitive(role, nil)
	if err == nil {
		_, err = s.Proves(role, data)
	}
	return err
}

// StepUpShort says what a sign-in afresh for a role did not prove, though it was asked to: nil where it did. flow is the one that was
// taken.
func (s *SignIn) StepUpShort(role string, flow login.Flow) error {
	data, err := s.m.Sensitive(role, nil)
	if err == nil {
		_, err = s.Proves(role, data)
	}
	short, ok := errors.AsType[*StepUpError](err)
	if !ok {
		return err
	}
	var fix ui.Fix
	if flow == login.FlowDevice && s.Provider.ByFlow(login.FlowBrowser) != "" {
		fix = append(ui.Command(ForCommand(s.m, s.Identity.Name, role)+" --flow browser"),
			ui.Advice("a provider that is asked by a device code shows people who are signed in no form again")...)
	}
	if fix = append(fix, s.untoldFix(data.Handling.StepUp)...); len(fix) == 0 {
		fix = ui.Advice("sign in as the role asks: " + data.Handling.StepUp.Words() + "; if the provider offers no such way, ask " + Contact(s.m))
	}
	return ui.Errorf("step-up-not-proved", ui.Refused, "signed in, and that does not give the role: %w", short).With(fix)
}

// ForCommand signs in afresh with an identity of a map for a role.
func ForCommand(m *accessmap.Map, identity, role string) string {
	command := "dbxaccess login --for " + role
	if len(m.People()) > 1 {
		command += " --identity " + identity
	}
	return command
}

// StepUpFor is what a sign-in afresh with an identity is asked to prove for a role. Refused where none can.
func StepUpFor(m *accessmap.Map, i *accessmap.Identity, role string) (*login.StepUp, error) {
	data, err := m.Sensitive(role, nil)
	if err == nil {
		err = unprovable(m, i, role, data)
	}
	if err != nil {
		return nil, err
	}
	return &login.StepUp{MaxAge: data.Handling.StepUp.MaxAge, ACR: data.Handling.StepUp.ACR}, nil
}
