package center

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/aws"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

const (
	bearerHeader = "X-Amz-Sso_bearer_token" //nolint:gosec // a name

	// portalPage is how many items a page of a list has. One, so that no client can do without asking for more.
	portalPage    = 1
	maxPortalPage = 100

	credentialLifetime = time.Hour
)

// signedIn answers for the person whose access token a request has.
func (c *Center) signedIn(answer func(*http.Request, *session) *harness.Reply) func(*http.Request) *harness.Reply {
	return func(r *http.Request) *harness.Reply {
		if r.Header.Get("Authorization") != "" {
			// AWS takes no notice. A client that signs has picked up credentials that are not its own.
			c.h.Unexpectedf("%s %s: signed with other credentials", r.Method, r.URL.Path)
		}
		known := c.access[r.Header.Get(bearerHeader)]
		if known == nil {
			c.h.Unexpectedf("%s %s: missing or unknown access token", r.Method, r.URL.Path)
		}
		if known == nil || known.of.dead || !c.h.Clock().Before(known.expires) {
			return portalError("UnauthorizedException", "Session token not found or invalid")
		}
		return answer(r, known.of)
	}
}

// assignments are someone's, in their order: accounts and the permission sets there.
func (c *Center) assignments(u *signin.User) []string {
	if replaced, ok := c.h.Behaviour.Assignments[u.Name]; ok {
		return replaced
	}
	return u.Assignments
}

// listAccounts lists the accounts where someone is assigned anything (ListAccounts).
func (c *Center) listAccounts(r *http.Request, of *session) *harness.Reply {
	var accounts []map[string]any
	seen := map[string]bool{}
	for _, assigned := range c.assignments(of.user) {
		if account, _, _ := strings.Cut(assigned, "/"); !seen[account] {
			seen[account] = true
			accounts = append(accounts, map[string]any{
				"accountId": account, "accountName": "acme-" + account, "emailAddress": "aws-" + account + "@example.com",
			})
		}
	}
	return c.page(r, "accountList", accounts)
}

// listAccountRoles lists someone's permission sets in an account (ListAccountRoles).
func (c *Center) listAccountRoles(r *http.Request, of *session) *harness.Reply {
	account := r.URL.Query().Get("account_id")
	if refused := c.checkAssigned(r, of, account, ""); refused != nil {
		return refused
	}
	var roles []map[string]any
	for _, assigned := range c.assignments(of.user) {
		if at, name, _ := strings.Cut(assigned, "/"); at == account {
			roles = append(roles, map[string]any{"accountId": account, "roleName": name})
		}
	}
	return c.page(r, "roleList", roles)
}

// getRoleCredentials gives credentials for an assignment (GetRoleCredentials).
func (c *Center) getRoleCredentials(r *http.Request, of *session) *harness.Reply {
	account, role := r.URL.Query().Get("account_id"), r.URL.Query().Get("role_name")
	if role == "" {
		return c.refusePortal(r, "role_name is missing")
	}
	if refused := c.checkAssigned(r, of, account, role); refused != nil {
		return refused
	}
	made := c.account.Issue(aws.ReservedRole(account, role), of.user.Email, credentialLifetime)
	answer := harness.JSON(http.StatusOK, map[string]any{"roleCredentials": map[string]any{
		"accessKeyId":     made.AccessKeyID,
		"secretAccessKey": made.SecretAccessKey,
		"sessionToken":    made.SessionToken,
		"expiration":      made.Expires.UnixMilli(),
	}})
	answer.Header.Set("X-Amzn-Requestid", harness.UUID())
	return answer
}

// checkAssigned refuses what someone is not assigned: an account of nobody's is not found, another's is no access.
func (c *Center) checkAssigned(r *http.Request, of *session, account, role string) *harness.Reply {
	if len(account) != 12 || strings.Trim(account, "0123456789") != "" {
		return c.refusePortal(r, "account_id is not twelve digits")
	}
	within := func(u *signin.User, role string) bool {
		return slices.ContainsFunc(c.assignments(u), func(assigned string) bool {
			at, name, _ := strings.Cut(assigned, "/")
			return at == account && (role == "" || name == role)
		})
	}
	switch {
	case within(of.user, role):
		return nil
	case slices.ContainsFunc(c.desk.Users, func(u signin.User) bool { return within(&u, "") }):
		return portalError("ForbiddenException", "No access")
	default:
		return portalError("ResourceNotFoundException", "Account not found")
	}
}

// logout ends the session of an access token (Logout).
func (c *Center) logout(_ *http.Request, of *session) *harness.Reply {
	of.dead = true
	return &harness.Reply{Status: http.StatusOK, ContentType: "application/json"}
}

// page answers with a page of a list, and where the next one begins.
func (c *Center) page(r *http.Request, name string, items []map[string]any) *harness.Reply {
	query := r.URL.Query()
	size := portalPage
	if query.Has("max_result") {
		asked, err := strconv.Atoi(query.Get("max_result"))
		if err != nil || asked < 1 || asked > maxPortalPage {
			return c.refusePortal(r, "max_result is not from 1 to 100")
		}
		size = min(size, asked)
	}
	begin := 0
	if query.Has("next_token") {
		raw, err := base64.RawURLEncoding.DecodeString(query.Get("next_token"))
		at, ok := strings.CutPrefix(string(raw), name+" ")
		if err == nil && ok {
			begin, err = strconv.Atoi(at)
		}
		if err != nil || !ok || begin < 1 || begin >= len(items) {
			return c.refusePortal(r, "next_token is none that was given")
		}
	}
	end := min(begin+size, len(items))
	fields := map[string]any{name: append([]map[string]any{}, items[begin:end]...), "nextToken": nil}
	if end < len(items) {
		fields["nextToken"] = base64.RawURLEncoding.EncodeToString([]byte(name + " " + strconv.Itoa(end)))
	}
	return harness.JSON(http.StatusOK, fields)
}

// refusePortal answers a request that no orderly client sends.
func (c *Center) refusePortal(r *http.Request, why string) *harness.Reply {
	c.h.Unexpectedf("%s %s: %s", r.Method, r.URL.Path, why)
	return portalError("InvalidRequestException", why)
}

// portalError is an error of the access portal: the code is in a header, and in the body with a name space before it.
func portalError(code, message string) *harness.Reply {
	return coded(code, map[string]any{"message": message, "__type": "com.amazonaws.switchboard.portal#" + code})
}
