package accessmap

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	// Who a token is for: an address, a name, an id.
	audienceForm = &form{
		ref: "audience", pattern: `^[\x21\x23-\x5b\x5d-\x7e]{1,255}$`,
		wrong: "is not an audience: 1 to 255 printable ASCII characters without spaces and quotes",
	}
	clientIDForm = &form{
		pattern: `^[A-Za-z0-9._~:/@+=-]{1,255}$`,
		wrong:   "is not a client id: 1 to 255 letters, digits and . _ ~ : / @ + = -",
	}
	clientSecretForm = &form{check: checkClientSecret, schema: schema{MinLength: 1}}
	// RFC 6749 section 3.3: scope-token.
	scopeForm = &form{pattern: `^[\x21\x23-\x5b\x5d-\x7e]{1,255}$`, wrong: "is not a scope"}

	parametersForm = &form{
		keys: &form{
			pattern: `^[A-Za-z][A-Za-z0-9_.-]{0,63}$`, check: checkParameterName,
			wrong:  "is not the name of a parameter: 1 to 64 letters, digits and _ . -, beginning with a letter",
			schema: schema{Not: &schema{Enum: reservedParameters}},
		},
		each:   &form{check: checkParameter, schema: schema{MinLength: 1, MaxLength: maxText}},
		schema: schema{MaxProperties: maxParameters},
	}
)

// maxParameters bounds the further parameters of a sign-in.
const maxParameters = 20

// checkClientSecret never shows the value: public or not, a secret is not for messages.
func checkClientSecret(s string) (string, error) {
	if s == "" || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", errors.New("not a client secret: printable ASCII without spaces")
	}
	return s, nil
}

// reservedParameters are those that OAuth, OpenID Connect and their extensions define and the flows set themselves. One
// of them from the map could send the answer elsewhere, or take away what ties it to the question.
// https://www.iana.org/assignments/oauth-parameters
var reservedParameters = []string{
	"access_token", "actor_token", "actor_token_type", "assertion", "audience", "client_assertion", "client_assertion_type", "client_id",
	"client_secret", "code", "code_challenge", "code_challenge_method", "code_verifier", "device_code", "dpop_jkt", "error",
	"error_description", "error_uri", "grant_type", "id_token", "id_token_hint", "iss", "issued_token_type", "nonce", "password",
	"redirect_uri", "refresh_token", "registration", "request", "request_uri", "requested_token_type", "response_mode",
	"response_type", "scope", "session_state", "state", "subject_token", "subject_token_type", "token", "token_type",
	"token_type_hint", "user_code", "username",
}

func checkParameterName(s string) (string, error) {
	switch name := strings.ToLower(s); {
	case name == "audience":
		return "", errors.New("audience has a key of its own, beside parameters")
	case name == "scope":
		return "", errors.New("scope has a key of its own, scopes, beside parameters")
	case slices.Contains(reservedParameters, name):
		return "", fmt.Errorf("%s is a parameter that the sign-in sets itself", s)
	}
	return s, nil
}

// checkParameter refuses "" as RFC 6749 section 3.1 has it: a parameter without a value is as good as left out.
func checkParameter(s string) (string, error) {
	if s == "" {
		return "", errors.New("no value")
	}
	return checkPrintable(s)
}

func readParameters(v value, i *Identity) {
	i.Parameters = make(map[string]string)
	ok := v.entries(func(name string, _, node *yaml.Node) {
		i.Parameters[name] = v.of("parameter "+shown(name), node).text()
	})
	if ok && len(i.Parameters) > maxParameters {
		v.wrong("more than %d", maxParameters)
	}
}
