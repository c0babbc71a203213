package sts

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

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

// Unity Catalog, a container's endpoint and others issue credentials of AWS too: they are looked at as AWS's own.
func TestWhatAnotherServerIssuedIsCutToo(t *testing.T) {
	got, err := Checked("Unity Catalog", "", Credentials{
		AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: secret.New("shh"), SessionToken: secret.New("st"), Expires: now.Add(13 * time.Hour),
	}, now)
	if err != nil || !got.Expires.Equal(now.Add(MaxLife)) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatAWSWouldRefuseIsRefusedHere(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*WebIdentity)
		id     ui.ID
	}{
		"token too long":        {func(in *WebIdentity) { in.Token = secret.New(strings.Repeat("x", 20_001)) }, "id-token-size"},
		"no token":              {func(in *WebIdentity) { in.Token = secret.String{} }, "id-token-size"},
		"policy too long":       {func(in *WebIdentity) { in.Policy = strings.Repeat("x", 2_049) }, "session-policy-size"},
		"11 managed policies":   {func(in *WebIdentity) { in.Managed = slices.Repeat([]string{"arn:aws:iam::aws:policy/a"}, 11) }, "managed-policies-number"},
		"session name":          {func(in *WebIdentity) { in.SessionName = "Ünïcode Name" }, "session-name-invalid"},
		"session name too long": {func(in *WebIdentity) { in.SessionName = strings.Repeat("x", 65) }, "session-name-invalid"},
		"duration too short":    {func(in *WebIdentity) { in.Duration = 14 * time.Minute }, "role-duration"},
		"duration too long":     {func(in *WebIdentity) { in.Duration = 13 * time.Hour }, "role-duration"},
	} {
		client, double := server(t, granted("2026-11-21T13:00:00Z"))
		in := request()
		c.change(&in)
		if _, err := client.AssumeRoleWithWebIdentity(t.Context(), in); ui.IDOf(err) != c.id || ui.HintOf(err) == "" || len(double.forms) != 0 {
			t.Errorf("%s: %s, %v after %d calls", name, ui.IDOf(err), err, len(double.forms))
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

func TestTheHostsThatAreAskedFor(t *testing.T) {
	for region, c := range map[string]struct {
		hosts iam.Hosts
		want  string
	}{
		"us-east-1":      {iam.Hosts{FIPS: true}, "sts-fips.us-east-1.amazonaws.com"},
		"eu-west-1":      {iam.Hosts{DualStack: true}, "sts.eu-west-1.api.aws"},
		"us-gov-west-1":  {iam.Hosts{FIPS: true}, "sts.us-gov-west-1.amazonaws.com"},
		"eusc-de-east-1": {iam.Hosts{}, "sts.eusc-de-east-1.amazonaws.eu"},
	} {
		var asked string
		client := &Client{Now: time.Now, Hosts: c.hosts, HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.Host
			return nil, errors.New("no network here")
		})}}
		in := request()
		in.Region = region
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // for the first attempt, not for the pauses
		if _, err := client.AssumeRoleWithWebIdentity(ctx, in); err == nil || asked != c.want {
			t.Errorf("%s: asked %s, %v", region, asked, err)
		}
		cancel()
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

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
		"Ünïcode Name+x@y", "Unïcode Name+x@y", "a b", "a:b", "x", "alice", "alice,churn-7", strings.Repeat("a", 70), strings.Repeat("a", 71), "\x1b[31m", "",
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

func TestSessionNamesOfRuns(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("r", credential.MaxRun)
	people := []string{"alice", "alice,churn-7", "alice-churn-7", "bo", strings.Repeat("a", 64), strings.Repeat("a", 63) + "b", strings.Repeat("a", 70)}
	seen := map[string]string{}
	for _, person := range people {
		for _, run := range []string{"", "churn-7", "7", longest} {
			if run != "" && CheckRun(run) != nil {
				t.Errorf("%q: %v", run, CheckRun(run))
			}
			got, of := RunSessionName(SessionName(person, "", "s"), run), person+" running "+run
			if other := seen[got]; other != "" || !legalName(got) || !strings.HasSuffix(got, run) {
				t.Errorf("%s became %q, and that is %q too", of, got, other)
			}
			seen[got] = of
		}
	}
	if got := RunSessionName("alice@example.com", "churn-7"); got != "alice@example.com,churn-7" {
		t.Error(got)
	}
	for _, run := range []string{"", "a,b", "a b", "ü", "a\n", longest + "r"} {
		if err := CheckRun(run); ui.IDOf(err) != "run-name-invalid" || ui.CodeOf(err) != ui.Usage {
			t.Errorf("%q: %v", run, err)
		}
	}
}

// What is in them would end a variable or a line of a file, and begin another.
func TestKeysWithCharactersThatNoKeyHas(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"a\nb", "a\x00b", "a b", "a\x7f", "a\u00e9", "a\tb", "a\r"} {
		for i, got := range []Credentials{
			{AccessKeyID: bad, SecretAccessKey: secret.New("s"), SessionToken: secret.New("t")},
			{AccessKeyID: "ASIA", SecretAccessKey: secret.New(bad), SessionToken: secret.New("t")},
			{AccessKeyID: "ASIA", SecretAccessKey: secret.New("s"), SessionToken: secret.New(bad)},
		} {
			got.Expires = now.Add(time.Hour)
			_, err := Checked("the container endpoint", "", got, now)
			if err == nil || ui.HintOf(err) == "" || strings.Contains(err.Error(), bad) {
				t.Errorf("%q as part %d: %v", bad, i, err)
			}
		}
	}
	fine := Credentials{AccessKeyID: "ASIA1", SecretAccessKey: secret.New("s/+="), SessionToken: secret.New("IQoJ//+=="), Expires: now.Add(time.Hour)}
	if _, err := Checked("the container endpoint", "", fine, now); err != nil {
		t.Error(err)
	}
}
