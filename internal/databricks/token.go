package databricks

import (
	"math"
	"strings"
	"time"

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
	access := a.Text("access_token")
	life, ok := a.Number("expires_in")
	wrong := ""
	switch {
	case access == "":
		wrong = "no access_token"
	case len(access) > maxAccessToken:
		wrong = "an access_token that is far too long"
	case strings.ContainsFunc(access, func(r rune) bool { return r <= ' ' || r > '~' }):
		wrong = "an access_token with characters that no token has"
	case !strings.EqualFold(a.Text("token_type"), "Bearer"):
		wrong = "a token that is not of the type Bearer"
	case !ok || math.IsInf(life, 0):
		wrong = "no time of expiry"
	}
	if wrong != "" {
		return nil, ui.Errorf("workspace-unknown-answer", ui.Failed, "%s: the answer has %s", e.doing(), wrong).
			With(ui.Advice(addressOrProxy))
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
		AccessToken: secret.New(access),
		// The bound is applied to the number, since a duration could not hold every number.
		Expires: began.Round(0).UTC().Add(time.Duration(min(life, MaxLife.Seconds()) * float64(time.Second))),
	}, nil
}
