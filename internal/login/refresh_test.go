package login

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestRefreshSendsTheScopeAgain(t *testing.T) {
	t.Parallel()
	i := newIDP()
	i.token = func(form url.Values) reply {
		if form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != "refresh-1" || form.Get("scope") != "openid groups" {
			return oauthError(400, "invalid_request")
		}
		return tokenReply()
	}
	c := i.client()
	tokens, err := c.Refresh(t.Context(), testProvider(), discover(t, c, testProvider()), secret.New("refresh-1"), "openid groups")
	if err != nil || tokens.IDToken.Reveal() != "i.d.t" {
		t.Fatalf("got %v, %v", tokens, err)
	}
}

func TestALostAnswerIsAskedForOnceMoreWithTheSameToken(t *testing.T) {
	for name, c := range map[string]struct {
		first reply
		asked int
		code  ui.Code
	}{
		"the connection broke":     {reply{err: errConnectionLost}, 2, ui.Done},
		"the body broke":           {reply{status: 200, body: `{"id_tok`, bodyErr: errConnectionLost}, 2, ui.Done},
		"too large a body":         {reply{status: 200, bodyErr: httpclient.ErrBodyTooLarge}, 2, ui.Done},
		"time-out":                 {reply{delay: 11 * time.Second}, 2, ui.Done},
		"a gateway's page":         {reply{status: 502, contentType: "text/html", body: "<html>"}, 2, ui.Done},
		"an empty body":            {reply{status: 200}, 2, ui.Done},
		"null":                     {reply{status: 200, body: "null"}, 2, ui.Done},
		"server_error":             {oauthError(500, "server_error"), 2, ui.Done},
		"nothing was sent":         {reply{err: errConnectionLost, unsent: true}, 1, ui.Failed},
		"a redirect":               {reply{err: &httpclient.RedirectError{Host: "idp"}}, 1, ui.Failed},
		"too many requests":        {reply{status: 429}, 1, ui.Failed},
		"the session is over":      {oauthError(400, "invalid_grant"), 1, ui.LoginNeeded},
		"over, by a 500":           {oauthError(500, "invalid_grant"), 1, ui.LoginNeeded},
		"over, as Dex says it":     {oauthError(400, "invalid_request"), 1, ui.LoginNeeded},
		"the person must be seen":  {oauthError(400, "interaction_required"), 1, ui.LoginNeeded},
		"the client was taken off": {oauthError(401, "invalid_client"), 1, ui.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				i := newIDP()
				var sent []string
				i.token = func(form url.Values) reply {
					sent = append(sent, form.Get("refresh_token"))
					if len(sent) == 1 {
						return c.first
					}
					return tokenReply()
				}
				client := i.client()
				_, err := client.Refresh(t.Context(), testProvider(), discover(t, client, testProvider()), secret.New("refresh-1"), "openid")
				if ui.CodeOf(err) != c.code || len(sent) != c.asked || sent[len(sent)-1] != "refresh-1" {
					t.Errorf("asked %d times: %v", len(sent), err)
				}
			})
		})
	}
}

func TestRefreshGivesUpAfterTwoLostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIDP()
		i.token = func(url.Values) reply { return reply{delay: time.Hour} }
		c := i.client()
		e := discover(t, c, testProvider())
		start := time.Now()
		_, err := c.Refresh(t.Context(), testProvider(), e, secret.New("refresh-1"), "")
		wantFault(t, err, ui.Failed, "renewing the session")
		if passed := time.Since(start); passed != 20*time.Second || i.count("/token") != 2 {
			t.Errorf("%d requests in %s", i.count("/token"), passed)
		}
	})
}

func TestACanceledRefreshIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIDP()
		i.token = func(url.Values) reply { return reply{delay: time.Hour} }
		c := i.client()
		e := discover(t, c, testProvider())
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := c.Refresh(ctx, testProvider(), e, secret.New("refresh-1"), "")
		if ui.CodeOf(err) != ui.Interrupted || i.count("/token") != 1 {
			t.Errorf("%d requests, %v", i.count("/token"), err)
		}
	})
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply reply
		code  ui.Code
	}{
		"done":             {reply{status: http.StatusOK}, ui.Done},
		"refused":          {oauthError(400, "unsupported_token_type"), ui.Refused},
		"a gateway's page": {reply{status: 502}, ui.Failed},
		"no connection":    {reply{err: errConnectionLost}, ui.Failed},
	} {
		i := newIDP()
		i.revoke = func(form url.Values) reply {
			if form.Get("token") != "refresh-1" || form.Get("token_type_hint") != "refresh_token" || form.Get("client_id") != testClient {
				t.Errorf("%s: revoked with %q", name, form)
			}
			return c.reply
		}
		client := i.client()
		err := client.Revoke(t.Context(), testProvider(), discover(t, client, testProvider()), secret.New("refresh-1"))
		if ui.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
