package sts

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
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

func TestEveryRefusalHasItsOwnSentenceAndRemedy(t *testing.T) {
	for _, c := range []struct {
		status     int
		code       string
		exit       ui.Code
		text, hint string
		calls      int
		token      bool
	}{
		{400, "ExpiredTokenException", ui.LoginNeeded, "expired", "dbxaccess login", 1, true},
		{400, "InvalidIdentityToken", ui.Refused, "does not accept", "issuer https://idp.example.com, audience client-1, subject 00u1", 1, true},
		{403, "IDPRejectedClaim", ui.Refused, "no longer good", "login --force", 1, false},
		{400, "IDPCommunicationError", ui.Failed, "can't reach", ".well-known/openid-configuration", 3, false},
		{400, "MalformedPolicyDocument", ui.Failed, "can't read the session policy", "map check", 1, false},
		{400, "PackedPolicyTooLarge", ui.Failed, "too large", "--scope", 1, false},
		{403, "RegionDisabledException", ui.Failed, "not active in region us-east-1", "administrator", 1, false},
		{403, "AccessDenied", ui.Refused, "refuses role " + roleARN, `"idp.example.com:aud":"client-1"`, 1, false},
		{400, "ValidationError", ui.Failed, "invalid", "maximum session duration", 1, false},
		{400, "Throttling", ui.Failed, "throttling", "in a minute", 3, false},
		{503, "ServiceUnavailable", ui.Failed, "ServiceUnavailable", "", 3, false},
		{400, "SomethingNew", ui.Failed, "SomethingNew", "presented", 1, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, double := server(t, refused(c.status, c.code, "why &#x9b;31m it failed"))
			_, err := client.AssumeRoleWithWebIdentity(t.Context(), request())
			if err == nil {
				t.Errorf("%s: no error", c.code)
				return
			}
			if ui.CodeOf(err) != c.exit || !strings.Contains(err.Error(), c.text) || !strings.Contains(ui.HintOf(err), c.hint) {
				t.Errorf("%s: exit %d, %q, hint %q", c.code, ui.CodeOf(err), err, ui.HintOf(err))
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

func TestAnswersThatAreNoAnswers(t *testing.T) {
	write := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	check := func(t *testing.T, name string, client *Client) {
		t.Helper()
		got, err := client.AssumeRoleWithWebIdentity(t.Context(), request())
		if err == nil || ui.HintOf(err) == "" {
			t.Errorf("%s: %+v, %v, hint %q", name, got, err, ui.HintOf(err))
		} else if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the token is in the message", name)
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"html":           write(502, "text/html", "<html>bad gateway</html>"),
		"empty":          write(200, "text/xml", ""),
		"json null":      write(200, "application/json", "null"),
		"half an answer": write(200, "text/xml", "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>"),
		"no credentials": write(200, "text/xml", "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult/></AssumeRoleWithWebIdentityResponse>"),
		"already over":   granted("2026-11-21T11:00:00Z"),
		"no date":        granted(""),
	} {
		synctest.Test(t, func(t *testing.T) {
			client, _ := server(t, handler)
			check(t, name, client)
		})
	}
	for name, handler := range map[string]http.HandlerFunc{
		"endless": write(200, "text/xml", "<a>"+strings.Repeat("x", 10<<20)),
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://192.0.2.1/", http.StatusTemporaryRedirect)
		},
		"connection closed": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		srv := httptest.NewServer(handler)
		t.Cleanup(srv.Close)
		client := &Client{HTTP: httpclient.New(httpclient.Options{Timeout: 5 * time.Second}), Endpoint: srv.URL, Now: func() time.Time { return now }}
		check(t, name, client)
	}
}

func TestAnExpiryTooFarAwayIsCut(t *testing.T) {
	client, _ := server(t, granted("9999-12-31T23:59:59Z"))
	got, err := client.AssumeRoleWithWebIdentity(t.Context(), request())
	if err != nil || !got.Expires.Equal(now.Add(MaxLife)) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatAWSWouldRefuseIsRefusedHere(t *testing.T) {
	for name, change := range map[string]func(*WebIdentity){
		"token too long":        func(in *WebIdentity) { in.Token = secret.New(strings.Repeat("x", 20_001)) },
		"no token":              func(in *WebIdentity) { in.Token = secret.String{} },
		"policy too long":       func(in *WebIdentity) { in.Policy = strings.Repeat("x", 2_049) },
		"session name":          func(in *WebIdentity) { in.SessionName = "Ünïcode Name" },
		"session name too long": func(in *WebIdentity) { in.SessionName = strings.Repeat("x", 65) },
		"duration too short":    func(in *WebIdentity) { in.Duration = 14 * time.Minute },
		"duration too long":     func(in *WebIdentity) { in.Duration = 13 * time.Hour },
	} {
		client, double := server(t, granted("2026-11-21T13:00:00Z"))
		in := request()
		change(&in)
		if _, err := client.AssumeRoleWithWebIdentity(t.Context(), in); err == nil || ui.HintOf(err) == "" || len(double.forms) != 0 {
			t.Errorf("%s: %v after %d calls", name, err, len(double.forms))
		}
	}
}

func TestTheEndpointMayOnlyBeMovedToTrustedHosts(t *testing.T) {
	for raw, ok := range map[string]bool{
		"":                                                 true,
		"http://127.0.0.1:9000":                            true,
		"http://localhost:9000":                            true,
		"https://sts.acme.test":                            true,
		"https://sts.amazonaws.com":                        true,
		"https://sts.eu-west-1.amazonaws.com":              true,
		"https://STS.eu-west-1.amazonaws.com":              true,
		"https://sts-fips.us-east-1.amazonaws.com":         true,
		"https://sts.cn-north-1.amazonaws.com.cn":          true,
		"https://vpce-1a.sts.us-east-1.vpce.amazonaws.com": true,
		"https://evil.s3.amazonaws.com":                    false,
		"https://sts.s3.us-east-1.amazonaws.com":           false,
		"https://sts.s3.amazonaws.com":                     false,
		"https://sts.s3-eu-west-1.amazonaws.com":           false,
		"http://127.0.0.1:9000?a=b":                        false,
		"https://sts.evil.test":                            false,
		"https://s3.amazonaws.com":                         false,
		"https://sts.us-east-1.amazonaws.com.evil.test":    false,
		"https://evil.test":                                false,
		"http://sts.acme.test":                             false,
		"https://u:p@127.0.0.1":                            false,
		"https://127.0.0.1.evil.test":                      false,
	} {
		if _, err := httpclient.CheckEndpoint("AWS_ENDPOINT_URL_STS", raw, []string{"sts.acme.test"}, isSTS); (err == nil) != ok {
			t.Errorf("Endpoint(%q) = %v", raw, err)
		}
	}
}

func TestSessionNames(t *testing.T) {
	for _, c := range []struct{ email, username, subject, want string }{
		{"alice@example.com", "alice", "00u1", "alice@example.com"},
		{"", "alice", "00u1", "alice"},
		{"", "", "00u1", "00u1"},
	} {
		if got := SessionName(c.email, c.username, c.subject); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	seen := map[string]string{}
	for _, email := range []string{
		"Ünïcode Name+x@y", "Unïcode Name+x@y", "a b", "a:b", "x", strings.Repeat("a", 70), strings.Repeat("a", 71), "\x1b[31m", "",
	} {
		got := SessionName(email, "", "s")
		if !legalName(got) {
			t.Errorf("%q became %q, which AWS refuses", email, got)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q share the name %q", email, other, got)
		}
		if again := SessionName(email, "", "s"); again != got {
			t.Errorf("%q is not stable: %q, %q", email, got, again)
		}
		seen[got] = email
	}
}
