package identitycenter

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestListings(t *testing.T) {
	t.Parallel()
	client, requests := server(t,
		say(200, `{"accountList":[{"accountId":"111122223333","accountName":"ml"},{"accountId":7},null,{"accountId":"1;touch x"}],"nextToken":"p 2"}`),
		say(200, `{"accountList":[{"accountId":"444455556666"}],"nextToken":null}`))
	got, err := client.Accounts(t.Context(), region, secret.New(canary))
	if err != nil || !slices.Equal(got, []string{"111122223333", "444455556666"}) {
		t.Errorf("%v, %v", got, err)
	}
	if want := []asked{
		{"GET /assignment/accounts?max_result=100", canary, ""},
		{"GET /assignment/accounts?max_result=100&next_token=p+2", canary, ""},
	}; !slices.Equal(requests.all(), want) {
		t.Errorf("sent %+v", requests.all())
	}

	client, requests = server(t, say(200, `{"roleList":[{"roleName":"MLAdmin","accountId":"111122223333"},{"roleName":"a b"}]}`))
	got, err = client.AccountRoles(t.Context(), region, secret.New(canary), "111122223333")
	if err != nil || !slices.Equal(got, []string{"MLAdmin"}) || requests.all()[0].line != "GET /assignment/roles?account_id=111122223333&max_result=100" {
		t.Errorf("%v, %v, sent %+v", got, err, requests.all())
	}

	client, _ = server(t, say(200, `{"accountList":[]}`))
	if got, err := client.Accounts(t.Context(), region, secret.New(canary)); err != nil || len(got) != 0 {
		t.Errorf("nothing assigned: %v, %v", got, err)
	}
}

func TestAListingEnds(t *testing.T) {
	t.Parallel()
	page := 0
	for name, c := range map[string]struct {
		id     ui.ID
		handle http.HandlerFunc
	}{
		"the same page again": {"identity-center-endless", say(200, `{"accountList":[],"nextToken":"a"}`)},
		"a huge page token":   {"identity-center-endless", say(200, `{"accountList":[],"nextToken":"`+strings.Repeat("x", 9000)+`"}`)},
		"no list":             {"another-server", say(200, `{}`)},
		"null":                {"another-server", say(200, `{"accountList":null}`)},
		"ever new pages": {"identity-center-endless", func(w http.ResponseWriter, _ *http.Request) {
			page++
			_, _ = fmt.Fprintf(w, `{"accountList":[],"nextToken":"%d"}`, page)
		}},
	} {
		client, requests := server(t, c.handle)
		if _, err := client.Accounts(t.Context(), region, secret.New(canary)); ui.IDOf(err) != c.id || ui.HintOf(err) == "" || len(requests.all()) > maxPages {
			t.Errorf("%s: %v after %d requests", name, err, len(requests.all()))
		}
	}
}

func TestRoleCredentials(t *testing.T) {
	t.Parallel()
	answer := func(expiration string) http.HandlerFunc {
		return say(200, `{"roleCredentials":{"accessKeyId":"ASIA1","secretAccessKey":"shh","sessionToken":"st","expiration":`+expiration+`}}`)
	}
	client, requests := server(t, answer("1795266000000"))
	got, err := client.RoleCredentials(t.Context(), region, secret.New(canary), "111122223333", "MLAdmin")
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessKeyID != "ASIA1" || got.SecretAccessKey.Reveal() != "shh" || got.SessionToken.Reveal() != "st" ||
		!got.Expires.Equal(time.UnixMilli(1795266000000)) || got.Expires.Sub(now) != time.Hour {
		t.Errorf("got %+v", got)
	}
	if want := (asked{"GET /federation/credentials?account_id=111122223333&role_name=MLAdmin", canary, ""}); requests.all()[0] != want {
		t.Errorf("sent %+v", requests.all())
	}
	for _, odd := range []string{"1e300", "-1e300", `"1795266000000"`} {
		client, _ := server(t, answer(odd))
		if got, err := client.RoleCredentials(t.Context(), region, secret.New(canary), "111122223333", "MLAdmin"); err != nil || got.Expires.Year() < 1970 || got.Expires.Year() > 9999 {
			t.Errorf("%s: %+v, %v", odd, got, err)
		}
	}
	for _, half := range []string{`{}`, `{"roleCredentials":null}`, `{"roleCredentials":{"accessKeyId":"ASIA1","secretAccessKey":"shh","expiration":1}}`,
		`{"roleCredentials":{"accessKeyId":"ASIA1","secretAccessKey":"shh","sessionToken":"st"}}`} {
		client, _ := server(t, say(200, half))
		if _, err := client.RoleCredentials(t.Context(), region, secret.New(canary), "111122223333", "MLAdmin"); err == nil || ui.HintOf(err) == "" {
			t.Errorf("%s: %v", half, err)
		}
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	client, requests := server(t, say(200, ""))
	if err := client.Logout(t.Context(), region, secret.New(canary)); err != nil {
		t.Fatal(err)
	}
	if want := (asked{"POST /logout", canary, ""}); requests.all()[0] != want {
		t.Errorf("sent %+v", requests.all())
	}
	client, _ = server(t, say(401, `{"message":"Session token not found or invalid"}`, "x-amzn-ErrorType", "UnauthorizedException"))
	err := client.Logout(t.Context(), region, secret.New(canary))
	if refused, ok := errors.AsType[*Error](err); !ok || refused.Code != "UnauthorizedException" {
		t.Errorf("got %v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"accountList":[{"accountId":"111122223333"}]}`, `{"accountList":null}`, `{"accountList":[],"nextToken":"a"}`,
		`{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"s","sessionToken":"t","expiration":1e300}}`,
		`{"deviceCode":"d","userCode":"u","verificationUri":"v","interval":-1}`, `{"accessToken":"a","expiresIn":"1e9"}`,
		`{"__type":"a#b:c","message":"\u001b[31m"}`, `null`, ``, `[`,
	} {
		f.Add(200, seed, "")
		f.Add(400, seed, "X#Y:Z")
	}
	f.Fuzz(func(t *testing.T, status int, body, code string) {
		synctest.Test(t, func(t *testing.T) {
			client := &Client{
				HTTP: &http.Client{Transport: answers{min(max(status, 200), 599), body, code}},
				Now:  func() time.Time { return now },
			}
			token := secret.New(canary)
			accounts, _ := client.Accounts(t.Context(), region, token)
			for _, account := range accounts {
				if len(account) != 12 {
					t.Errorf("account %q", account)
				}
			}
			_, err := client.RoleCredentials(t.Context(), region, token, "111122223333", "r")
			if err != nil && (err.Error() != ui.Clean(err.Error()) || strings.Contains(err.Error(), canary)) {
				t.Errorf("shown: %q", err)
			}
			if d, err := client.StartDevice(t.Context(), region, registered(), startURL); err == nil && (d.Interval < time.Second || d.ExpiresIn < time.Minute) {
				t.Errorf("%+v", d)
			}
			if made, err := client.CreateToken(t.Context(), region, registered(), Grant{RefreshToken: token}); err == nil && !made.Expires.After(now) {
				t.Errorf("%+v", made)
			}
		})
	})
}

func TestATokenThatIsEchoedIsNotRepeated(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("x-amz-sso_bearer_token")
		w.Header().Set("X-Amzn-Errortype", token)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"message":"the header x-amz-sso_bearer_token: `+token+` is not valid"}`)
	}
	client, _ := server(t, echo)
	token := secret.New(canary)
	for operation, ask := range map[string]func() error{
		"ListAccounts":     func() error { _, err := client.Accounts(t.Context(), region, token); return err },
		"ListAccountRoles": func() error { _, err := client.AccountRoles(t.Context(), region, token, "111122223333"); return err },
		"GetRoleCredentials": func() error {
			_, err := client.RoleCredentials(t.Context(), region, token, "111122223333", "MLAdmin")
			return err
		},
		"Logout": func() error { return client.Logout(t.Context(), region, token) },
	} {
		err := ask()
		refused, ok := errors.AsType[*Error](err)
		if !ok || refused.Operation != operation || refused.Code != "[redacted]" ||
			refused.Description != "the header x-amz-sso_bearer_token: [redacted] is not valid" || strings.Contains(fmt.Sprintf("%v %#v", err, refused), canary) {
			t.Errorf("%s: %#v", operation, err)
		}
	}
}
