package sts

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func narrower() Scoped {
	return Scoped{From: hop(), FromRole: "MLAdmin", Region: "eu-west-1", Policy: `{"Version":"2012-10-17","Statement":[]}`, Description: "ml-trainer, run 7"}
}

const scopedResult = `<Credentials><AccessKeyId>ASIASCOPED</AccessKeyId><SecretAccessKey>shh</SecretAccessKey><SessionToken>st</SessionToken>` +
	`<Expiration>2026-11-21T12:10:00Z</Expiration></Credentials><SessionInfo><ScopedSessionId>AROA:alice</ScopedSessionId><Arn>arn:x</Arn></SessionInfo>` +
	`<SessionTokenUtilization>41</SessionTokenUtilization><SessionTokenSize>1700</SessionTokenSize><ScopedPoliciesCount>2</ScopedPoliciesCount>`

func narrowed() http.HandlerFunc { return answer("GetScopedCredentials", scopedResult) }

func TestWhatIsAskedForToNarrowASession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		duration time.Duration
		sent     string
		lasts    time.Duration // of the ten minutes that STS answers with
	}{
		"the session's own end": {0, "", 10 * time.Minute},
		"less":                  {5 * time.Minute, "300", 5 * time.Minute},
		"as long as it lasts":   {15 * time.Minute, "", 10 * time.Minute},
		"longer than it lasts":  {4 * time.Hour, "", 10 * time.Minute},
	} {
		var host, auth string
		client, double := signed(t, func(w http.ResponseWriter, r *http.Request) {
			host, auth = r.Method+" "+r.URL.String(), r.Header.Get("Authorization")
			narrowed()(w, r)
		})
		in := narrower()
		in.Duration = c.duration
		got, err := client.ScopedCredentials(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if got.AccessKeyID != "ASIASCOPED" || got.SecretAccessKey.Reveal() != "shh" || got.SessionToken.Reveal() != "st" || got.AccountID != "444455556666" ||
			!got.Expires.Equal(now.Add(c.lasts)) || got.TokenUtilization != 41 || got.Layers != 2 {
			t.Errorf("%s: %+v", name, got)
		}
		form := double.forms[0]
		if host != "POST https://sts.eu-west-1.amazonaws.com/" || !strings.Contains(auth, "/eu-west-1/sts/aws4_request") || form.Get("Action") != "GetScopedCredentials" ||
			form.Get("Version") != "2011-06-15" || form.Get("Policy") != in.Policy || form.Get("ScopedSessionDescription") != in.Description ||
			form.Get("DurationSeconds") != c.sent || form.Has("DurationSeconds") != (c.sent != "") {
			t.Errorf("%s: %s, %s, sent %v", name, host, auth, form)
		}
	}
}

func TestNarrowerCredentialsEndWithTheOthers(t *testing.T) {
	t.Parallel()
	client, _ := signed(t, answer("GetScopedCredentials", strings.Replace(scopedResult, "T12:10", "T20:10", 1)))
	if got, err := client.ScopedCredentials(t.Context(), narrower()); err != nil || !got.Expires.Equal(hop().Expires) {
		t.Errorf("%+v, %v", got, err)
	}
	in := narrower()
	in.From.Expires = time.Time{} // as where the environment does not say
	if got, err := client.ScopedCredentials(t.Context(), in); err != nil || !got.Expires.Equal(now.Add(8*time.Hour+10*time.Minute)) {
		t.Errorf("%+v, %v", got, err)
	}
}

// STS has to count the policy that was asked for: one more than the session had.
func TestALayerThatIsNotCounted(t *testing.T) {
	t.Parallel()
	for had, good := range map[int]bool{0: true, 1: true, 2: false, 3: false} {
		client, _ := signed(t, narrowed())
		in := narrower()
		in.From.ScopedPolicies = had
		if _, err := client.ScopedCredentials(t.Context(), in); (err == nil) != good || !good && ui.IDOf(err) != "aws-unknown-answer" {
			t.Errorf("%d before, then 2: %v", had, err)
		}
	}
}

// A clock that is behind by a second takes an hour for less than is left of an hour.
func TestADurationThatTheSessionDoesNotLastFor(t *testing.T) {
	t.Parallel()
	client, double := signed(t, refused(400, "InsufficientSessionLifetime", "no"), narrowed())
	in := narrower()
	in.Duration = 10 * time.Minute
	if _, err := client.ScopedCredentials(t.Context(), in); err != nil || len(double.forms) != 2 || double.forms[0].Get("DurationSeconds") != "600" || double.forms[1].Has("DurationSeconds") {
		t.Errorf("%v, %v", err, double.forms)
	}
}

func TestWhereASessionIsNarrowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		endpoint, region string
		hosts            iam.Hosts
		want             string // the host; "" for a refusal
		id               ui.ID
	}{
		{"", "us-east-1", iam.Hosts{}, "sts.us-east-1.amazonaws.com", ""},
		{"", "cn-north-1", iam.Hosts{}, "sts.cn-north-1.amazonaws.com.cn", ""},
		{"", "us-east-1", iam.Hosts{FIPS: true}, "sts-fips.us-east-1.amazonaws.com", ""},
		{"", "eu-west-1", iam.Hosts{DualStack: true}, "sts.eu-west-1.api.aws", ""},
		{"http://127.0.0.1:4566/sts", "us-east-1", iam.Hosts{}, "127.0.0.1:4566", ""},
		{"https://sts.amazonaws.com", "us-east-1", iam.Hosts{}, "", "scoping-endpoint"},
		{"https://STS.amazonaws.com/", "us-east-1", iam.Hosts{}, "", "scoping-endpoint"},
		{"https://evil.example", "us-east-1", iam.Hosts{}, "", "endpoint-untrusted"},
		{"", "evil.example/", iam.Hosts{}, "", "sts-endpoint"},
	} {
		var host string
		client, _ := signed(t, func(w http.ResponseWriter, r *http.Request) {
			host = r.URL.Host
			narrowed()(w, r)
		})
		client.Endpoint, client.Hosts = c.endpoint, c.hosts
		in := narrower()
		in.Region = c.region
		_, err := client.ScopedCredentials(t.Context(), in)
		if host != c.want || ui.IDOf(err) != c.id || NotScoped(err) != (c.id == "scoping-endpoint") {
			t.Errorf("%+v: %s, %v", c, host, err)
		}
	}
}

func TestEveryRefusalToNarrowASession(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer     http.HandlerFunc
		id         ui.ID
		code       ui.Code
		not        bool // it is not to be had
		text, hint string
	}{
		{refused(400, "InsufficientSessionLifetime", "no"), "scoping-life", ui.Failed, false, "that are to be narrowed do not last as long", "ask for less"},
		{refused(400, "InsufficientSessionLifetimeException", "no"), "scoping-life", ui.Failed, false, "do not last as long", "ask for less"},
		{refused(400, "InvalidSubjectCredentials", "no"), "scoping-session-invalid", ui.Refused, false, "can't tell whose session", "dbxaccess login --force"},
		{refused(400, "MalformedPolicyDocument", "line 1"), "session-policy-malformed", ui.Failed, false, "can't read the session policy", "map check"},
		{refused(400, "PackedPolicyTooLarge", "4410 bytes of 4096 bytes"), "session-token-size", ui.Failed, false, "4410 bytes of 4096", "--scope DATASET"},
		{refused(400, "InvalidParameterValue", "Unsupported action GetScopedCredentials"), "scoping-unknown", ui.Failed, true, "does not know sts:GetScopedCredentials here: Unsupported", "regional endpoints"},
		{refused(400, "InvalidAction", "Could not find operation"), "scoping-unknown", ui.Failed, true, "does not know sts:GetScopedCredentials here: Could not", "regional endpoints"},
		{refused(403, "AccessDenied", "an explicit deny in a service control policy"), "scoping-refused", ui.Refused, true, "explicit deny", `"Action":"sts:GetScopedCredentials"`},
		{refused(400, "ValidationError", "no"), "scoping-request-invalid", ui.Failed, false, "invalid: no", "map check"},
		{refused(403, "ExpiredToken", "no"), "credentials-ended", ui.Failed, false, "have ended", "try again"},
		{refused(403, "SignatureDoesNotMatch", hopCanary+"-token\u202e"), "signature-refused", ui.Failed, false, "signature", "clock"},
		{refused(400, "Odd", "no"), "aws-unknown-refusal", ui.Failed, false, "with Odd: no", ""},
		{writes(404, "nothing"), "scoping-unanswered", ui.Failed, true, "nothing at this address", "check"},
		{writes(200, `{"a":1}`), "scoping-unanswered", ui.Failed, true, "no answer of AWS STS", "check"},
		{writes(400, `<Error><Code>x</Code></Error>`), "scoping-unanswered", ui.Failed, true, "no answer of AWS STS", "check"},
		{writes(200, "<html></html>"), "web-page-came", ui.Failed, false, "web page", "sign in there"},
		{answer("AssumeRole", scopedResult), "scoping-unanswered", ui.Failed, true, "no answer of AWS STS", "check"},
		{answer("GetScopedCredentials", ""), "aws-unknown-answer", ui.Failed, false, "without complete credentials", "AWS_ENDPOINT_URL_STS"},
		// Credentials that may not be narrower at all.
		{answer("GetScopedCredentials", strings.Replace(scopedResult, ">2<", ">0<", 1)), "aws-unknown-answer", ui.Failed, false, "without saying that the policy narrows", "proxy"},
		{answer("GetScopedCredentials", strings.Replace(scopedResult, "ASIASCOPED", "ASIAHOP", 1)), "aws-unknown-answer", ui.Failed, false, "without saying", "proxy"},
	} {
		client, _ := signed(t, c.answer)
		got, err := client.ScopedCredentials(t.Context(), narrower())
		if got != nil || ui.IDOf(err) != c.id || ui.CodeOf(err) != c.code || NotScoped(err) != c.not || !strings.Contains(err.Error(), c.text) || !strings.Contains(ui.HintOf(err), c.hint) {
			t.Errorf("%s: %s, exit %d, %v, %v, hint %q", c.text, ui.IDOf(err), ui.CodeOf(err), NotScoped(err), err, ui.HintOf(err))
		}
		if all := err.Error() + ui.HintOf(err); strings.Contains(all, hopCanary) || strings.Contains(all, "\u202e") {
			t.Errorf("shown: %q", all)
		}
	}
}

// An outage is no reason to take another way.
func TestABusySTSIsAskedAgainForNarrowerCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, double := signed(t, refused(503, "ServiceUnavailable", "later"), writes(500, ""), narrowed())
		if _, err := client.ScopedCredentials(t.Context(), narrower()); err != nil || len(double.forms) != 3 {
			t.Errorf("%v after %d", err, len(double.forms))
		}
		client, _ = signed(t, writes(503, ""))
		if _, err := client.ScopedCredentials(t.Context(), narrower()); err == nil || NotScoped(err) {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatCanNotBeNarrowedIsNotSent(t *testing.T) {
	t.Parallel()
	for id, change := range map[ui.ID]func(*Scoped){
		"scoping-long-lived":  func(in *Scoped) { in.From.SessionToken = secret.String{} },
		"session-policy-size": func(in *Scoped) { in.Policy = strings.Repeat("x", 2049) },
		"scoping-duration":    func(in *Scoped) { in.Duration = 37 * time.Hour },
		"scoping-description": func(in *Scoped) { in.Description = strings.Repeat("x", 257) },
	} {
		client, double := signed(t, narrowed())
		in := narrower()
		change(&in)
		if _, err := client.ScopedCredentials(t.Context(), in); ui.IDOf(err) != id || len(double.forms) != 0 || ui.HintOf(err) == "" {
			t.Errorf("%s: %v", id, err)
		}
	}
	if got := ScopedDescription("Zoë\n" + strings.Repeat("x", 300)); len(got) != 256 || !strings.HasPrefix(got, "Zo??x") {
		t.Errorf("%q", got)
	}
}

func FuzzScopedCredentials(f *testing.F) {
	f.Add(200, `<GetScopedCredentialsResponse><GetScopedCredentialsResult>`+scopedResult+`</GetScopedCredentialsResult></GetScopedCredentialsResponse>`)
	f.Add(403, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
	f.Add(200, `<GetScopedCredentialsResponse/>`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 499 || status == 429 || strings.Contains(body, "Throttl") {
			return
		}
		client, _ := signed(t, writes(status, body))
		got, err := client.ScopedCredentials(t.Context(), narrower())
		switch {
		case (got == nil) == (err == nil):
			t.Fatalf("%+v, %v", got, err)
		case err == nil && (got.Layers < 1 || got.Expires.After(hop().Expires) || got.AccessKeyID == hop().AccessKeyID):
			t.Errorf("got %+v", got)
		case err != nil && (ui.IDOf(err) == "" || ui.CleanLines(err.Error()+ui.HintOf(err)) != err.Error()+ui.HintOf(err)):
			t.Errorf("%q, %q", err, ui.HintOf(err))
		}
	})
}
