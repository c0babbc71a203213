package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// portal asks the access portal.
func portal(t *testing.T, s *Server, path, accessToken string) answer {
	t.Helper()
	r := request(t, http.MethodGet, s.SSOURL()+path, "", "")
	r.Header.Set("x-amz-sso_bearer_token", accessToken)
	a, err := do(t, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantPortalError(t *testing.T, a answer, code string, status int) {
	t.Helper()
	if a.status != status || a.header.Get("X-Amzn-ErrorType") != code || !strings.HasSuffix(a.text("__type"), "#"+code) || a.text("message") == "" {
		t.Errorf("status %d, %s: %s; want %s", a.status, a.header.Get("X-Amzn-ErrorType"), a.body, code)
	}
}

// all asks for every page of a list and returns one field of its items.
func all(t *testing.T, s *Server, path, accessToken, list, field string) []string {
	t.Helper()
	var found []string
	next := ""
	for {
		a := portal(t, s, path+next, accessToken)
		var page struct {
			Items []map[string]string
			Next  *string `json:"nextToken"`
		}
		if a.status != http.StatusOK || json.Unmarshal([]byte(strings.Replace(a.body, list, "Items", 1)), &page) != nil {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		for _, item := range page.Items {
			found = append(found, item[field])
		}
		if page.Next == nil {
			return found
		}
		next = "&next_token=" + *page.Next
	}
}

func TestAssignmentsAreListed(t *testing.T) {
	s, _ := start(t)
	s.Set(func(b *Behaviour) {
		b.Assignments = map[string][]string{"bob": {"444455556666/MLReader", Account + "/MLReader", "444455556666/MLAdmin"}}
	})
	u := registered(t, s)
	bob := u.signIn("bob").text("accessToken")
	if got := all(t, s, "/assignment/accounts?max_result=100", bob, "accountList", "accountId"); !slices.Equal(got, []string{"444455556666", Account}) {
		t.Errorf("accounts %q", got)
	}
	got := all(t, s, "/assignment/roles?account_id=444455556666", bob, "roleList", "roleName")
	if !slices.Equal(got, []string{"MLReader", "MLAdmin"}) {
		t.Errorf("roles %q", got)
	}
	if s.Calls()[harness.SSOAccounts] != 2 || s.Calls()[harness.SSORoles] != 2 {
		t.Errorf("pages %v", s.Calls())
	}
	carol := u.signIn("carol").text("accessToken")
	if a := portal(t, s, "/assignment/accounts", carol); a.status != http.StatusOK || strings.TrimSpace(a.body) != `{"accountList":[],"nextToken":null}` {
		t.Errorf("carol: %s", a.body)
	}
}

// ofPermissionSet signs with credentials of a permission set.
func ofPermissionSet(t *testing.T, s *Server, c *clock, name, accessToken string) func(*sts.Options) {
	t.Helper()
	a := portal(t, s, "/federation/credentials?role_name="+name+"&account_id="+Account, accessToken)
	made, _ := a.fields["roleCredentials"].(map[string]any)
	text := func(name string) *string { return aws.String(fmt.Sprint(made[name])) }
	if want := float64(c.Now().Add(time.Hour).UnixMilli()); made["expiration"] != want {
		t.Errorf("expiration %v, want %v", made["expiration"], want)
	}
	return as(&types.Credentials{
		AccessKeyId: text("accessKeyId"), SecretAccessKey: text("secretAccessKey"), SessionToken: text("sessionToken"),
	})
}

func TestCredentialsOfAPermissionSetAreReal(t *testing.T) {
	s, c := start(t)
	token := registered(t, s).signIn("alice").text("accessToken")
	signed := ofPermissionSet(t, s, c, "MLAdmin", token)
	const arn = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_MLAdmin_0123456789abcdef/alice@example.com"
	who, err := sdk(s).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}, signed)
	if err != nil || aws.ToString(who.Arn) != arn {
		t.Errorf("%+v, %v", who, err)
	}
	in := &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::111122223333:role/ml-scoped"), RoleSessionName: aws.String("alice@example.com"),
		SourceIdentity: aws.String("alice@example.com"), Tags: tagged("team", "churn"),
	}
	if _, err := sdk(s).AssumeRole(t.Context(), in, signed); err != nil {
		t.Error(err)
	}
	// MLReader leads nowhere.
	_, err = sdk(s).AssumeRole(t.Context(), in, ofPermissionSet(t, s, c, "MLReader", token))
	wantAPIError(t, "from MLReader", err, "AccessDenied", http.StatusForbidden)
}

func TestThePortalRefusesWhatIsNotAssigned(t *testing.T) {
	s, _ := start(t)
	token := registered(t, s).signIn("bob").text("accessToken")
	for path, c := range map[string]struct {
		code   string
		status int
	}{
		"/federation/credentials?role_name=MLAdmin&account_id=" + Account:   {"ForbiddenException", 403},
		"/federation/credentials?role_name=MLAdmin&account_id=999900001111": {"ResourceNotFoundException", 404},
		"/assignment/roles?account_id=999900001111":                         {"ResourceNotFoundException", 404},
	} {
		wantPortalError(t, portal(t, s, path, token), c.code, c.status)
	}
	if err := s.Configure(`{"assignments": {"bob": [], "carol": ["999900001111/MLReader"]}}`); err != nil {
		t.Fatal(err)
	}
	wantPortalError(t, portal(t, s, "/federation/credentials?role_name=MLReader&account_id="+Account, token), "ForbiddenException", 403)
	wantPortalError(t, portal(t, s, "/assignment/roles?account_id="+Account, token), "ForbiddenException", 403)
	wantPortalError(t, portal(t, s, "/assignment/roles?account_id=999900001111", token), "ForbiddenException", 403)
	if err := s.Configure(`{"assignments": {"bob": ["` + Account + `/MLAdmin"]}}`); err != nil {
		t.Fatal(err)
	}
	if a := portal(t, s, "/federation/credentials?role_name=MLAdmin&account_id="+Account, token); a.status != http.StatusOK {
		t.Errorf("assigned since: %s", a.body)
	}
}

func TestSigningOutOfIdentityCenter(t *testing.T) {
	s, c := start(t)
	u := registered(t, s)
	tokens := u.signIn("alice")
	logout := func() answer {
		t.Helper()
		r := request(t, http.MethodPost, s.SSOURL()+"/logout", "", "")
		r.Header.Set("x-amz-sso_bearer_token", tokens.text("accessToken"))
		a, err := do(t, r)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := logout(); a.status != http.StatusOK {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	wantPortalError(t, logout(), "UnauthorizedException", 401)
	wantPortalError(t, portal(t, s, "/assignment/accounts", tokens.text("accessToken")), "UnauthorizedException", 401)
	wantCenterError(t, u.refresh(tokens.text("refreshToken")), "InvalidGrantException", "invalid_grant", 400)
	expired := u.signIn("alice").text("accessToken")
	c.advance(time.Hour)
	wantPortalError(t, portal(t, s, "/assignment/accounts", expired), "UnauthorizedException", 401)
}

func TestBadRequestsToThePortalAreUnexpected(t *testing.T) {
	for path, status := range map[string]int{
		"/assignment/roles":                                      400,
		"/assignment/roles?account_id=1":                         400,
		"/federation/credentials?account_id=" + Account:          400,
		"/federation/credentials?role_name=MLAdmin":              400,
		"/assignment/accounts?max_result=0":                      400,
		"/assignment/accounts?max_result=101":                    400,
		"/assignment/accounts?next_token=x":                      400,
		"/assignment/accounts?next_token=YWNjb3VudExpc3QgMA":     400, // accountList 0
		"/assignment/roles?next_token=%00&account_id=" + Account: 400,
	} {
		s := startWith(t, Options{})
		a := portal(t, s, path, registered(t, s).signIn("alice").text("accessToken"))
		wantPortalError(t, a, "InvalidRequestException", status)
		if len(s.Unexpected()) != 1 {
			t.Errorf("%s: unexpected %q", path, s.Unexpected())
		}
	}
	s := startWith(t, Options{})
	wantPortalError(t, portal(t, s, "/assignment/accounts", "x"), "UnauthorizedException", 401)
	r := request(t, http.MethodPost, s.SSOURL()+"/logout", "application/json", "{}")
	if a, err := do(t, r); err != nil || a.status != http.StatusBadRequest {
		t.Errorf("a body at logout: %v, %s", err, a.body)
	}
	if len(s.Unexpected()) != 2 {
		t.Errorf("unexpected %q", s.Unexpected())
	}
}
