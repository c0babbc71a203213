package sts

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	canary  = "header.canary-of-the-id-token.signature"
	roleARN = "arn:aws:iam::111122223333:role/ml-trainer"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func request() WebIdentity {
	return WebIdentity{
		Token: secret.New(canary), RoleARN: roleARN, Region: "us-east-1", SessionName: "alice@example.com",
		Issuer: "https://idp.example.com", Audience: "client-1", Subject: "00u1",
	}
}

// double answers every request with the next of the given handlers, the last one for good, and records the forms.
type double struct {
	*testing.T

	signed   bool // with the credentials of hop; else not at all
	handlers []http.HandlerFunc
	forms    []url.Values
	at       []time.Time // when they came
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		d.Error(err)
	}
	d.forms, d.at = append(d.forms, r.Form), append(d.at, time.Now())
	auth := r.Header.Get("Authorization")
	if d.signed && (!strings.Contains(auth, "Credential=ASIAHOP/") || r.Header.Get("X-Amz-Security-Token") != hopCanary+"-token") {
		d.Errorf("not signed with the hop's credentials: %q", auth)
	}
	if !d.signed && auth != "" {
		d.Errorf("the call must not be signed, got %q", auth)
	}
	d.handlers[min(len(d.forms), len(d.handlers))-1](w, r)
}

// client has no network between it and the double, so that under synctest no time passes but in pauses.
func (d *double) client() *Client {
	return &Client{HTTP: &http.Client{Transport: inMemory{d}}, Now: func() time.Time { return now }}
}

type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), nil
}

func server(t *testing.T, handlers ...http.HandlerFunc) (*Client, *double) {
	d := &double{T: t, handlers: handlers}
	return d.client(), d
}

func granted(expiration string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(w, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
<AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/ml-trainer/alice@example.com</Arn><AssumedRoleId>AROAX:alice</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>shh</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
			strings.Repeat("t", 6000), expiration)
	}
}

func refused(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code, message)
	}
}

func TestWhatIsSentAndWhatComesBack(t *testing.T) {
	client, double := server(t, granted("2026-11-21T13:00:00Z"))
	in := request()
	in.Policy, in.Duration = `{"Version":"2012-10-17","Statement":[]}`, 2*time.Hour
	got, err := client.AssumeRoleWithWebIdentity(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessKeyID != "ASIAEXAMPLE" || got.SecretAccessKey.Reveal() != "shh" || len(got.SessionToken.Reveal()) != 6000 ||
		!got.Expires.Equal(now.Add(time.Hour)) || got.AccountID != "111122223333" {
		t.Errorf("got %+v", got)
	}
	form := double.forms[0]
	for key, want := range map[string]string{
		"Action": "AssumeRoleWithWebIdentity", "RoleArn": roleARN, "RoleSessionName": "alice@example.com",
		"WebIdentityToken": canary, "Policy": in.Policy, "DurationSeconds": "7200",
	} {
		if form.Get(key) != want {
			t.Errorf("%s = %q, want %q", key, form.Get(key), want)
		}
	}

	if _, err := client.AssumeRoleWithWebIdentity(t.Context(), request()); err != nil {
		t.Fatal(err)
	}
	if form := double.forms[1]; form.Has("DurationSeconds") || form.Has("Policy") {
		t.Errorf("no duration and no policy means that the parameters are left out, got %v", form)
	}
}

// Of a role of the map, the map says what its trust policy has to be.
func TestARefusedRoleOfTheMap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := server(t, refused(403, "AccessDenied", "no"))
		in := request()
		in.Trust = ui.Command("dbxaccess map trust ml-trainer")
		_, err := client.AssumeRoleWithWebIdentity(t.Context(), in)
		if text := ui.FixOf(err).String(); !strings.Contains(text, "dbxaccess map trust ml-trainer") || !strings.Contains(text, "subject 00u1") ||
			strings.Contains(text, "Federated") {
			t.Error(text)
		}
	})
}

func TestEveryRefusalHasItsOwnSentenceAndRemedy(t *testing.T) {
	for _, c := range []struct {
		status     int
		code       string
		exit       ui.Code
		id         ui.ID
		text, hint string
		calls      int
		token      bool
	}{
		{400, "ExpiredTokenException", ui.LoginNeeded, "token-ended", "expired", "dbxaccess login", 1, true},
		{400, "InvalidIdentityToken", ui.Refused, "token-refused", "does not accept", "issuer https://idp.example.com, audience client-1, subject 00u1", 1, true},
		{403, "IDPRejectedClaim", ui.Refused, "token-revoked", "no longer good", "login --force", 1, false},
		{400, "IDPCommunicationError", ui.Failed, "provider-unreachable", "can't reach", ".well-known/openid-configuration", 3, false},
		{400, "MalformedPolicyDocument", ui.Failed, "session-policy-malformed", "can't read the session policy", "map check", 1, false},
		{400, "PackedPolicyTooLarge", ui.Failed, "session-token-size", "too large", "--scope", 1, false},
		{403, "RegionDisabledException", ui.Failed, "aws-region-off", "not active in region us-east-1", "activate STS", 1, false},
		{403, "AccessDenied", ui.Refused, "role-refused", "refuses role " + roleARN, `"idp.example.com:aud":"client-1","idp.example.com:sub":"00u1"`, 1, false},
		{400, "ValidationError", ui.Failed, "role-request-invalid", "invalid", "maximum session duration", 1, false},
		{400, "Throttling", ui.Failed, "aws-throttled", "throttling", "in a minute", 3, false},
		{503, "ServiceUnavailable", ui.Failed, "aws-unavailable", "can't answer", "nothing is wrong with the access map", 3, false},
		{400, "SomethingNew", ui.Failed, "aws-unknown-refusal", "SomethingNew", "presented", 1, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, double := server(t, refused(c.status, c.code, "why &#x9b;31m it failed"))
			_, err := client.AssumeRoleWithWebIdentity(t.Context(), request())
			if err == nil {
				t.Errorf("%s: no error", c.code)
				return
			}
			if ui.CodeOf(err) != c.exit || ui.IDOf(err) != c.id || !strings.Contains(err.Error(), c.text) || !strings.Contains(ui.HintOf(err), c.hint) {
				t.Errorf("%s: exit %d, %s: %q, hint %q", c.code, ui.CodeOf(err), ui.IDOf(err), err, ui.HintOf(err))
			}
			if !strings.Contains(err.Error(), "it failed") || strings.Contains(err.Error(), "\u009b") {
				t.Errorf("%s: AWS's words belong into the message, cleaned: %q", c.code, err)
			}
			if len(double.forms) != c.calls || TokenRefused(err) != c.token {
				t.Errorf("%s: %d calls, token refused %v", c.code, len(double.forms), TokenRefused(err))
			}
			if strings.Contains(err.Error()+ui.HintOf(err), canary) {
				t.Errorf("%s: the token is in the message", c.code)
			}
		})
	}
}

func TestManyThatAreThrottledDoNotComeBackTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pauses := map[time.Duration]bool{}
		for range 20 {
			client, double := server(t, refused(400, "Throttling", "slow down"), granted("2026-11-21T13:00:00Z"))
			if _, err := client.AssumeRoleWithWebIdentity(t.Context(), request()); err != nil {
				t.Fatal(err)
			}
			pauses[double.at[1].Sub(double.at[0])] = true
		}
		if len(pauses) < 15 {
			t.Errorf("only %d of 20 pauses differ", len(pauses))
		}
	})
}

func TestTheRemedyOfATokenThatHasEndedIsItsOwn(t *testing.T) {
	t.Parallel()
	in := request()
	in.Renewal = ui.Advice("Kubernetes must renew the token")
	for _, code := range []string{"ExpiredTokenException", "IDPRejectedClaim"} {
		client, _ := server(t, refused(400, code, "over"))
		_, err := client.AssumeRoleWithWebIdentity(t.Context(), in)
		if hint := ui.HintOf(err); !strings.Contains(hint, in.Renewal.String()) || strings.Contains(hint, "dbxaccess login") {
			t.Errorf("%s: %v, hint %q", code, err, hint)
		}
	}
}

func TestATemporaryFaultIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, double := server(t, refused(400, "Throttling", "slow down"), refused(500, "InternalFailure", "oops"), granted("2026-11-21T13:00:00Z"))
		if _, err := client.AssumeRoleWithWebIdentity(t.Context(), request()); err != nil || len(double.at) != 3 {
			t.Fatalf("%d calls, %v", len(double.at), err)
		}
		for i, least := range []time.Duration{400 * time.Millisecond, 800 * time.Millisecond} {
			if pause := double.at[i+1].Sub(double.at[i]); pause < least || pause >= 2*least {
				t.Errorf("pause %d is %s", i+1, pause)
			}
		}

		ctx, cancel := context.WithCancel(t.Context())
		client, double = server(t, func(w http.ResponseWriter, r *http.Request) {
			cancel()
			refused(503, "ServiceUnavailable", "later")(w, r)
		})
		if _, err := client.AssumeRoleWithWebIdentity(ctx, request()); ui.CodeOf(err) != ui.Interrupted || len(double.at) != 1 {
			t.Errorf("interrupted: %v after %d calls", err, len(double.at))
		}
	})
}
