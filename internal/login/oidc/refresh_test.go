package oidc

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestRefreshSendsTheScopeAgain(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	i.Token = func(form url.Values) logintest.Reply {
		if form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != "refresh-1" || form.Get("scope") != "openid groups" {
			return logintest.OAuthError(400, "invalid_request")
		}
		return tokenReply()
	}
	c := clientOf(i)
	tokens, err := c.refresh(t.Context(), testProvider(), discover(t, c, testProvider()), secret.New("refresh-1"), "openid groups")
	if err != nil || tokens.idToken.Reveal() != "i.d.t" {
		t.Fatalf("got %v, %v", tokens, err)
	}
}

func TestALostAnswerIsAskedForOnceMoreWithTheSameToken(t *testing.T) {
	for name, c := range map[string]struct {
		first logintest.Reply
		asked int
		code  ui.Code
	}{
		"the connection broke":     {logintest.Reply{Err: logintest.ErrConnectionLost}, 2, ui.Done},
		"the body broke":           {logintest.Reply{Status: 200, Body: `{"id_tok`, BodyErr: logintest.ErrConnectionLost}, 2, ui.Done},
		"too large a body":         {logintest.Reply{Status: 200, BodyErr: httpclient.ErrBodyTooLarge}, 2, ui.Done},
		"time-out":                 {logintest.Reply{Delay: 11 * time.Second}, 2, ui.Done},
		"a gateway's page":         {logintest.Reply{Status: 502, ContentType: "text/html", Body: "<html>"}, 2, ui.Done},
		"an empty body":            {logintest.Reply{Status: 200}, 2, ui.Done},
		"null":                     {logintest.Reply{Status: 200, Body: "null"}, 2, ui.Done},
		"server_error":             {logintest.OAuthError(500, "server_error"), 2, ui.Done},
		"nothing was sent":         {logintest.Reply{Err: logintest.ErrConnectionLost, Unsent: true}, 1, ui.Failed},
		"a redirect":               {logintest.Reply{Err: &httpclient.RedirectError{Host: "idp"}}, 1, ui.Failed},
		"too many requests":        {logintest.Reply{Status: 429}, 1, ui.Failed},
		"the session is over":      {logintest.OAuthError(400, "invalid_grant"), 1, ui.LoginNeeded},
		"over, by a 500":           {logintest.OAuthError(500, "invalid_grant"), 1, ui.LoginNeeded},
		"over, as Dex says it":     {logintest.OAuthError(400, "invalid_request"), 1, ui.LoginNeeded},
		"the person must be seen":  {logintest.OAuthError(400, "interaction_required"), 1, ui.LoginNeeded},
		"the client was taken off": {logintest.OAuthError(401, "invalid_client"), 1, ui.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				i := logintest.NewIDP()
				var sent []string
				i.Token = func(form url.Values) logintest.Reply {
					sent = append(sent, form.Get("refresh_token"))
					if len(sent) == 1 {
						return c.first
					}
					return tokenReply()
				}
				client := clientOf(i)
				_, err := client.refresh(t.Context(), testProvider(), discover(t, client, testProvider()), secret.New("refresh-1"), "openid")
				if ui.CodeOf(err) != c.code || len(sent) != c.asked || sent[len(sent)-1] != "refresh-1" {
					t.Errorf("asked %d times: %v", len(sent), err)
				}
			})
		})
	}
}

func TestRefreshGivesUpAfterTwoLostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := logintest.NewIDP()
		i.Token = func(url.Values) logintest.Reply { return logintest.Reply{Delay: time.Hour} }
		c := clientOf(i)
		e := discover(t, c, testProvider())
		start := time.Now()
		_, err := c.refresh(t.Context(), testProvider(), e, secret.New("refresh-1"), "")
		logintest.WantFault(t, err, ui.Failed, "renewing the session")
		if passed := time.Since(start); passed != 20*time.Second || i.Count("/token") != 2 {
			t.Errorf("%d requests in %s", i.Count("/token"), passed)
		}
	})
}

func TestACanceledRefreshIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := logintest.NewIDP()
		i.Token = func(url.Values) logintest.Reply { return logintest.Reply{Delay: time.Hour} }
		c := clientOf(i)
		e := discover(t, c, testProvider())
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := c.refresh(ctx, testProvider(), e, secret.New("refresh-1"), "")
		if ui.CodeOf(err) != ui.Interrupted || i.Count("/token") != 1 {
			t.Errorf("%d requests, %v", i.Count("/token"), err)
		}
	})
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply logintest.Reply
		code  ui.Code
		id    ui.ID
	}{
		"done":             {logintest.Reply{Status: http.StatusOK}, ui.Done, ""},
		"refused":          {logintest.OAuthError(400, "unsupported_token_type"), ui.Refused, "provider-refuses"},
		"a gateway's page": {logintest.Reply{Status: 502}, ui.Failed, "revocation-failed"},
		"no connection":    {logintest.Reply{Err: logintest.ErrConnectionLost}, ui.Failed, "request-failed"},
	} {
		i := logintest.NewIDP()
		i.Revoke = func(form url.Values) logintest.Reply {
			if form.Get("token") != "refresh-1" || form.Get("token_type_hint") != "refresh_token" || form.Get("client_id") != logintest.ClientID {
				t.Errorf("%s: revoked with %q", name, form)
			}
			return c.reply
		}
		client := clientOf(i)
		err := client.Revoke(t.Context(), testProvider(), &login.Session{RefreshToken: secret.New("refresh-1")})
		if ui.CodeOf(err) != c.code || ui.IDOf(err) != c.id {
			t.Errorf("%s: %s: %v", name, ui.IDOf(err), err)
		}
	}
}
