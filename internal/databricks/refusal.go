package databricks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// refused builds the error for an exchange that was refused. OAuth's code decides (RFC 6749 section 5.2, RFC 8693
// section 2.2.2); Databricks documents none of its own.
func (e Exchange) refused(a *answer) error {
	said := a.words()
	refusal := fmt.Sprintf("%s: Databricks refused %s: %s", e.doing(), e.federation(), said)
	switch code := a.code(); {
	case said == "", a.transient(), a.Status == http.StatusTooManyRequests, a.Status == http.StatusNotFound:
		return e.unavailable(a)
	case code == "invalid_grant", code == "invalid_token", code == "invalid_request":
		// RFC 8693 has invalid_request for a token that is expired and for one that no policy takes.
		return tokenRefusal("workspace-federation-refused", ui.Refused, "%s", refusal).With(e.remedy())
	case code == "invalid_client" && e.ClientID != "":
		return ui.Errorf("workspace-principal-unknown", ui.Refused, "%s", refusal).
			With(ui.ForAdmin("check service_principal of the role in the access map: it is the application ID of a "+
				"service principal that is assigned to the workspace"), e.remedy())
	case code == "invalid_scope" && e.Scopes != nil:
		return ui.Errorf("workspace-scopes-refused", ui.Refused, "%s: Databricks gives no token with the scopes %s: %s",
			e.doing(), strings.Join(e.scopes(), " "), said).
			With(ui.ForAdmin("correct scopes of the workspace or role in the access map; "+
				"https://docs.databricks.com/aws/en/dev-tools/auth/scope-modifiers has those that there are", "the workspace may not have scoped tokens yet: without scopes it is asked for all-apis"))
	case code == "unsupported_grant_type":
		return ui.Errorf("workspace-federation-off", ui.Refused, "%s", refusal).
			With(ui.ForAdmin("ask Databricks for OAuth token federation for the account, or correct the host: the one of the " +
				"workspace in the access map may be another server's"))
	case a.Status == http.StatusForbidden && a.Text("error") == "":
		return ui.Errorf("workspace-network-refused", ui.Refused, "%s", refusal).With(ui.Advice(networkHint), e.remedy())
	}
	return ui.Errorf("workspace-exchange-refused", ui.Refused, "%s", refusal).With(e.remedy())
}

// networkHint is for a 403 in Databricks' own form: its IP access lists and private link settings answer so, before any
// token is looked at.
const networkHint = "where the workspace has an IP access list or private access only, connect to the company's network or VPN first"

// unavailable is for answers that say nothing of the token.
func (e Exchange) unavailable(a *answer) error {
	if (a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden) && !a.IsPage() {
		return ui.Errorf("workspace-refuses-silently", ui.Refused,
			"%s: refused (%d) without a reason, by Databricks or by a proxy before it", e.doing(), a.Status).
			With(ui.Advice(networkHint), e.remedy())
	}
	return a.fault(e.doing())
}

func tokenRefusal(id ui.ID, code ui.Code, format string, args ...any) *ui.Error {
	return ui.Errorf(id, code, "%w", tokenError{fmt.Errorf(format, args...)})
}

// federation says which of Databricks' two kinds was tried.
func (e Exchange) federation() string {
	if e.ClientID == "" {
		return "the account-wide federation of users"
	}
	return "the federation of the service principal " + cut(e.ClientID, 100)
}

// remedy shows what was presented, and the federation policy that would take it:
// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-policy
func (e Exchange) remedy() ui.Fix {
	presented := fmt.Sprintf("presented: issuer %s, audience %s, subject %s", cut(e.Issuer, 300), cut(e.Audience, 300), cut(e.Subject, 300))
	if e.ClientID != "" {
		return append(ui.Advice(presented, "the service principal needs a federation policy with exactly these "+
			"(its SERVICE_PRINCIPAL_ID is a number, not the application ID):"),
			ui.Command("databricks account service-principal-federation-policy create SERVICE_PRINCIPAL_ID --json "+
				e.policy(oidcPolicy{Subject: plain(e.Subject, "SUBJECT")}))...).ForAdmin()
	}
	// Databricks compares the claim with the user name, which is an e-mail address; most providers' sub is none.
	claim := "email"
	if strings.Contains(e.Subject, "@") {
		claim = "sub"
	}
	return append(ui.Advice(presented, "the person must be a user of the workspace, and the account needs a federation policy "+
		"with this issuer and audience, whose subject_claim holds the user name:"),
		ui.Command("databricks account federation-policy create --json "+e.policy(oidcPolicy{SubjectClaim: claim}))...).ForAdmin()
}

// oidcPolicy is https://docs.databricks.com/api/account/accountfederationpolicy/create's.
type oidcPolicy struct {
	Issuer       string   `json:"issuer"`
	Audiences    []string `json:"audiences"`
	Subject      string   `json:"subject,omitempty"`
	SubjectClaim string   `json:"subject_claim,omitempty"`
}

// policy is the body of a create command, quoted for a shell.
func (e Exchange) policy(p oidcPolicy) string {
	p.Issuer, p.Audiences = plain(e.Issuer, "ISSUER"), []string{plain(e.Audience, "AUDIENCE")}
	body, err := json.Marshal(map[string]oidcPolicy{"oidc_policy": p})
	if err != nil {
		return "@policy.json"
	}
	return "'" + string(body) + "'"
}

// plain returns a value that means nothing to any shell inside single quotes, or its placeholder: people copy the
// command, and a subject can be of its owner's choosing.
func plain(s, placeholder string) string {
	if len(s) <= 300 && ui.IsPlain(s, "-._~:/@+=,| ") {
		return s
	}
	return placeholder
}
