package databricks

import (
	"encoding/base64"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// minToken and maxToken bound an ID token, in characters: what fits through STS fits here.
const minToken, maxToken = 4, 20_000

// checkIDToken refuses what Databricks would refuse, with a better message and without sending the token. Only the JOSE
// header is read (RFC 7515 section 4): who made the token has verified the rest.
func checkIDToken(token secret.String) error {
	raw := token.Reveal()
	if len(raw) < minToken || len(raw) > maxToken {
		return ui.Errorf("id-token-size", ui.Failed, "the ID token has %d characters; %d to 20,000 can be exchanged", len(raw), minToken).
			With(ui.ForAdmin("let the identity provider put fewer groups or claims into the token"))
	}
	parts := strings.Split(raw, ".")
	if len(parts) == 5 { // RFC 7516 section 7.1
		return ui.Errorf("id-token-encrypted", ui.Failed, "the ID token is encrypted, and Databricks can't read it").
			With(ui.ForAdmin("turn off encryption of ID tokens for the application at the identity provider"))
	}
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	fields, ok := httpclient.ParseObject(header)
	if len(parts) != 3 || err != nil || !ok {
		return ui.Errorf("id-token-malformed", ui.Failed, "the ID token is not a signed JWT").
			With(ui.Command("dbxaccess login --force"))
	}
	// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-exchange
	if alg := fields.Text("alg"); alg != "RS256" && alg != "ES256" {
		return ui.Errorf("id-token-algorithm", ui.Failed, "the ID token is signed with %q, and Databricks takes RS256 and ES256 only", cut(alg, 20)).
			With(ui.ForAdmin("have the identity provider sign the application's ID tokens with RS256"))
	}
	return nil
}
