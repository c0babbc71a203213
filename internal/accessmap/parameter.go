package accessmap

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

var (
	digitsForm   = pattern(`^[1-9][0-9]{0,5}$`)
	accountForm  = pattern(`^[0-9]{12}$`)
	audienceForm = pattern(`^[\x21\x23-\x5b\x5d-\x7e]{1,255}$`)
	// https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
	permissionSetForm = pattern(`^[A-Za-z0-9_+=,.@-]{1,32}$`)
	externalIDForm    = pattern(`^[A-Za-z0-9_+=,.@:/-]{2,}$`)
	parameterForm     = pattern(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)
	variableForm      = pattern(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)
	programForm       = pattern(`^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$`)
	// Not \\server\share, which would have others' code run.
	absoluteForm = pattern(`^(/[^/]|[A-Za-z]:[\\/][^\\/])`)
)

// checkStartURL accepts the address of an access portal as people copy it. The portal itself adds #/ to it.
func checkStartURL(s string) (string, error) {
	address := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(s, "/"), "#"), "/")
	if _, err := checkURL(address); err != nil {
		return "", err
	}
	return address, nil
}

// checkAudience accepts what may be whom a token is for: an address, a name, an id.
func checkAudience(s string) (string, error) {
	if !audienceForm().MatchString(s) {
		return "", fmt.Errorf("%s is not an audience: 1 to 255 printable ASCII characters without spaces and quotes", shown(s))
	}
	return s, nil
}

// reservedParameters are those that OAuth, OpenID Connect and their extensions define and the flows set themselves. One of
// them from the map could send the answer elsewhere, or take away what ties it to the question.
// https://www.iana.org/assignments/oauth-parameters
func reservedParameters() []string {
	return []string{
		"access_token", "actor_token", "actor_token_type", "assertion", "client_assertion", "client_assertion_type", "client_id",
		"client_secret", "code", "code_challenge", "code_challenge_method", "code_verifier", "device_code", "dpop_jkt", "error",
		"error_description", "error_uri", "grant_type", "id_token", "id_token_hint", "iss", "issued_token_type", "nonce", "password",
		"redirect_uri", "refresh_token", "registration", "request", "request_uri", "requested_token_type", "response_mode",
		"response_type", "scope", "session_state", "state", "subject_token", "subject_token_type", "token", "token_type",
		"token_type_hint", "user_code", "username",
	}
}

func checkParameterName(s string) (string, error) {
	name := strings.ToLower(s)
	switch {
	case !parameterForm().MatchString(s):
		return "", fmt.Errorf("%s is not the name of a parameter: 1 to 64 letters, digits and _ . -, beginning with a letter", shown(s))
	case name == "audience":
		return "", errors.New("audience has a key of its own, beside parameters")
	case name == "scope":
		return "", errors.New("scope has a key of its own, scopes, beside parameters")
	case slices.Contains(reservedParameters(), name):
		return "", fmt.Errorf("%s is a parameter that the sign-in sets itself", s)
	}
	return s, nil
}

// checkParameter refuses "" as RFC 6749 section 3.1 has it: a parameter without a value is as good as left out.
func checkParameter(s string) (string, error) {
	if s == "" {
		return "", errors.New("no value")
	}
	return s, printable(s)
}

// checkVariable accepts the name of an environment variable.
func checkVariable(s string) (string, error) {
	if !variableForm().MatchString(s) {
		return "", fmt.Errorf("%s is not the name of an environment variable: letters, digits and _, not beginning with a digit", shown(s))
	}
	return s, nil
}

// checkPath accepts an absolute path, of Windows or any other system: what a relative one means depends on where a
// program happens to be started.
func checkPath(s string) (string, error) {
	if !absoluteForm().MatchString(s) {
		return "", fmt.Errorf("%s is not an absolute path", shown(s))
	}
	return s, printable(s)
}

// checkProgram accepts a program's name, to be looked for where programs are, or its absolute path.
func checkProgram(s string) (string, error) {
	if programForm().MatchString(s) {
		return s, nil
	}
	if _, err := checkPath(s); err != nil {
		return "", fmt.Errorf("%s is neither the name of a program nor an absolute path", shown(s))
	}
	return s, nil
}

func checkArgument(s string) (string, error) { return s, printable(s) }

func checkAccountID(s string) (string, error) {
	if !accountForm().MatchString(s) {
		return "", fmt.Errorf("%s is not the id of an AWS account: 12 digits", shown(s))
	}
	return s, nil
}

func checkPermissionSet(s string) (string, error) {
	if !permissionSetForm().MatchString(s) {
		return "", fmt.Errorf("%s is not the name of a permission set: 1 to 32 letters, digits and _ + = , . @ -", shown(s))
	}
	return s, nil
}

func checkExternalID(s string) error {
	if !externalIDForm().MatchString(s) {
		return fmt.Errorf("%s is not an external id: 2 to %d letters, digits and _ + = , . @ : / -", shown(s), iam.MaxExternalID)
	}
	return nil
}
