package sandbox

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	bearerHeader = "X-Amz-Sso_bearer_token" //nolint:gosec // a name

	// portalPage is how many items a page of a list has. One, so that no client can do without asking for more.
	portalPage    = 1
	maxPortalPage = 100

	// reservedSuffix ends the names of the roles that Identity Center keeps in accounts; AWS makes one for each account.
	reservedSuffix = "0123456789abcdef"
)

// reservedRole is the ARN of the role that stands for a permission set in an account.
func reservedRole(account, permissionSet string) string {
	return "arn:aws:iam::" + account + ":role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_" + permissionSet + "_" + reservedSuffix
}

// assignments are somebody's, in their order: accounts and the permission sets there.
func (s *Server) assignments(u *User) []string {
	if replaced, ok := s.behaviour.Assignments[u.Name]; ok {
		return replaced
	}
	return u.Assignments
}

// signedInAt returns whose access token a request has.
func (s *Server) signedInAt(r *http.Request) (*centerSession, *reply) {
	if r.Header.Get("Authorization") != "" {
		// AWS takes no notice. A client that signs has picked up credentials that are not its own.
		s.unexpectedf("%s %s: signed with other credentials", r.Method, r.URL.Path)
	}
	given := r.Header.Get(bearerHeader)
	token := s.center.access[given]
	if token == nil {
		s.unexpectedf("%s %s: missing or unknown access token", r.Method, r.URL.Path)
	}
	if token == nil || token.of.dead || !s.clock().Before(token.expires) {
		a := portalError("UnauthorizedException", "Session token not found or invalid")
		return nil, &a
	}
	return token.of, nil
}

// listAccounts lists the accounts where somebody is assigned anything (ListAccounts).
func (s *Server) listAccounts(r *http.Request) reply {
	of, refused := s.signedInAt(r)
	if refused != nil {
		return *refused
	}
	var accounts []map[string]any
	seen := map[string]bool{}
	for _, assigned := range s.assignments(of.user) {
		if account, _, _ := strings.Cut(assigned, "/"); !seen[account] {
			seen[account] = true
			accounts = append(accounts, map[string]any{
				"accountId": account, "accountName": "acme-" + account, "emailAddress": "aws-" + account + "@example.com",
			})
		}
	}
	return s.portalList(r, "accountList", accounts)
}

// listAccountRoles lists somebody's permission sets in an account (ListAccountRoles).
func (s *Server) listAccountRoles(r *http.Request) reply {
	of, refused := s.signedInAt(r)
	if refused != nil {
		return *refused
	}
	account := r.URL.Query().Get("account_id")
	if refused := s.checkAssigned(r, of, account, ""); refused != nil {
		return *refused
	}
	var roles []map[string]any
	for _, assigned := range s.assignments(of.user) {
		if at, name, _ := strings.Cut(assigned, "/"); at == account {
			roles = append(roles, map[string]any{"accountId": account, "roleName": name})
		}
	}
	return s.portalList(r, "roleList", roles)
}

// getRoleCredentials gives credentials for an assignment (GetRoleCredentials).
func (s *Server) getRoleCredentials(r *http.Request) reply {
	of, refused := s.signedInAt(r)
	if refused != nil {
		return *refused
	}
	account, role := r.URL.Query().Get("account_id"), r.URL.Query().Get("role_name")
	if role == "" {
		return s.refusePortal(r, "role_name is missing")
	}
	if refused := s.checkAssigned(r, of, account, role); refused != nil {
		return *refused
	}
	made := credentials{
		roleARN: reservedRole(account, role), sessionName: of.user.Email, expires: s.clock().Add(s.lifeOf(defaultDuration)),
	}
	s.equip(&made)
	return jsonReply(http.StatusOK, map[string]any{"roleCredentials": map[string]any{
		"accessKeyId":     made.accessKeyID,
		"secretAccessKey": made.secretKey,
		"sessionToken":    made.sessionToken,
		"expiration":      made.expires.UnixMilli(),
	}})
}

// checkAssigned refuses what somebody is not assigned: an account of nobody's is not found, another's is no access.
func (s *Server) checkAssigned(r *http.Request, of *centerSession, account, role string) *reply {
	if len(account) != 12 || strings.Trim(account, "0123456789") != "" {
		a := s.refusePortal(r, "account_id is not twelve digits")
		return &a
	}
	matches := func(assigned string) bool {
		at, name, _ := strings.Cut(assigned, "/")
		return at == account && (role == "" || name == role)
	}
	if slices.ContainsFunc(s.assignments(of.user), matches) {
		return nil
	}
	known := slices.ContainsFunc(s.users, func(u User) bool {
		return slices.ContainsFunc(s.assignments(&u), func(assigned string) bool { return strings.HasPrefix(assigned, account+"/") })
	})
	a := portalError("ForbiddenException", "No access")
	if !known {
		a = portalError("ResourceNotFoundException", "Account not found")
	}
	return &a
}

// centerLogout ends the session of an access token (Logout).
func (s *Server) centerLogout(r *http.Request) reply {
	of, refused := s.signedInAt(r)
	if refused != nil {
		return *refused
	}
	of.dead = true
	return reply{status: http.StatusOK, contentType: "application/json"}
}

// portalList answers with a page of a list, and where the next one begins.
func (s *Server) portalList(r *http.Request, name string, items []map[string]any) reply {
	query := r.URL.Query()
	size := portalPage
	if query.Has("max_result") {
		asked, err := strconv.Atoi(query.Get("max_result"))
		if err != nil || asked < 1 || asked > maxPortalPage {
			return s.refusePortal(r, "max_result is not from 1 to 100")
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
			return s.refusePortal(r, "next_token is none that was given")
		}
	}
	end := min(begin+size, len(items))
	fields := map[string]any{name: append([]map[string]any{}, items[begin:end]...), "nextToken": nil}
	if end < len(items) {
		fields["nextToken"] = base64.RawURLEncoding.EncodeToString([]byte(name + " " + strconv.Itoa(end)))
	}
	return jsonReply(http.StatusOK, fields)
}

// refusePortal answers a request that no orderly client sends.
func (s *Server) refusePortal(r *http.Request, why string) reply {
	s.unexpectedf("%s %s: %s", r.Method, r.URL.Path, why)
	return portalError("InvalidRequestException", why)
}

// portalError is an error of the access portal: the code is in a header, and in the body with a name space before it.
func portalError(code, message string) reply {
	status := http.StatusBadRequest
	switch code {
	case "UnauthorizedException":
		status = http.StatusUnauthorized
	case "ForbiddenException":
		status = http.StatusForbidden
	case "ResourceNotFoundException":
		status = http.StatusNotFound
	case "TooManyRequestsException":
		status = http.StatusTooManyRequests
	case "InternalServerException":
		status = http.StatusInternalServerError
	}
	a := jsonReply(status, map[string]any{"message": message, "__type": "com.amazonaws.switchboard.portal#" + code})
	a.header.Set(errorTypeHeader, code)
	return a
}
