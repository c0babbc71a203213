package databricks

import (
	"math"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/databricks/scope"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxAccessToken bounds a workspace token, in characters. Real ones have one or two thousand; a client has to fit it
// into one header line.
const maxAccessToken = 64 << 10

// token reads the answer to an exchange (RFC 8693 section 2.2.1). It is strict: what is accepted here is cached and
// handed to other programs. began is when the request was sent, from which the token's life counts.
func (e Exchange) token(a *answer, began time.Time) (*Token, error) {
	if !a.OK() || a.Text("error") != "" {
		return nil, e.refused(a)
	}
	if a.Object == nil {
		return nil, a.fault(e.doing())
	}
	access, life, wrong := a.bearer()
	if wrong != "" {
		return nil, ui.Errorf("workspace-unknown-answer", ui.Failed, "%s: the answer has %s", e.doing(), wrong).
			With(ui.Advice(addressOrProxy))
	}
	// RFC 6749 section 5.1: the answer names the scopes where they are not those that were asked for. A host that passes over
	// them would give more than the map does.
	for granted := range strings.FieldsSeq(a.Text("scope")) {
		if !scope.WithinAny(granted, e.scopes()) {
			return nil, ui.Errorf("workspace-scopes-wider", ui.Refused, "%s: it was asked for a token with the scopes %s, and gave one with %s",
				e.doing(), strings.Join(e.scopes(), " "), cut(granted, 100)).
				With(ui.Advice("the host may not know these scopes; correct scopes of the workspace or role in the access map, or have Databricks look into it"))
		}
	}
	if life < 1 {
		return nil, tokenRefusal("workspace-token-ended", ui.LoginNeeded,
			"%s: the workspace token has ended already, since the ID token is about to", e.doing()).
			With(ui.Command("dbxaccess login"))
	}
	return &Token{
		Host:        e.Host,
		AccountID:   e.AccountID,
		WorkspaceID: e.WorkspaceID,
		AccessToken: access,
		Expires:     endOf(began, life),
		RequestID:   a.RequestID(),
	}, nil
}

// bearer reads the access token of a good answer and its life in seconds (RFC 6749 section 5.1). wrong says what no client
// could use, "" where nothing is.
func (a *answer) bearer() (access secret.String, life float64, wrong string) {
	raw := a.Text("access_token")
	life, ok := a.Number("expires_in")
	switch {
	case flaw(raw) != "":
		wrong = flaw(raw)
	case !strings.EqualFold(a.Text("token_type"), "Bearer"):
		wrong = "a token that is not of the type Bearer"
	case !ok || math.IsInf(life, 0):
		wrong = "no time of expiry"
	}
	return secret.New(raw), life, wrong
}

// endOf is when a token ends that was asked for at a time. The bound is applied to the number, since a duration could not
// hold every number.
func endOf(began time.Time, life float64) time.Time {
	return began.Round(0).UTC().Add(time.Duration(min(life, MaxLife.Seconds()) * float64(time.Second)))
}

// flaw is what is wrong with an access token, "" if nothing is.
func flaw(access string) string {
	switch {
	case access == "":
		return "no access_token"
	case len(access) > maxAccessToken:
		return "an access_token that is far too long"
	case strings.ContainsFunc(access, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "an access_token with characters that no token has"
	}
	return ""
}

// Checked returns a token that another program of ours handed on, once it is known to be whole, for a proper place, and to live:
// an end later than MaxLife is cut.
func Checked(t Token, now time.Time) (*Token, error) {
	host, err := NormalizeHost(t.Host)
	wrong := flaw(t.AccessToken.Reveal())
	switch {
	case wrong != "":
	case err != nil || host != t.Host:
		wrong = "no proper address of a workspace"
	case t.AccountID != "" && !isID(t.AccountID), t.WorkspaceID != "" && !isID(t.WorkspaceID):
		wrong = "an ID that none is"
	case !t.Expires.After(now):
		wrong = "a token that has ended already"
	}
	if wrong != "" {
		return nil, ui.Errorf("workspace-token-wrong", ui.Failed, "the workspace token that was handed on has %s", wrong).
			With(ui.Advice("use the same version of dbxaccess on both sides, and check the clock"))
	}
	t.Expires = t.Expires.UTC()
	if latest := now.Add(MaxLife).UTC(); t.Expires.After(latest) {
		t.Expires = latest
	}
	return &t, nil
}
