package sts

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func readingChurn() DataAccess {
	return DataAccess{
		From: hop(), RoleARN: roleARN, AccountID: "111122223333", Region: "us-east-1", Target: "s3://acme-ml/churn/*",
		Duration: 2 * time.Hour, AuditContext: "alice@example.com",
	}
}

const grantedBody = `<GetDataAccessResult><Credentials><AccessKeyId>ASIA2</AccessKeyId><SecretAccessKey>shh</SecretAccessKey>` +
	`<SessionToken>ttt</SessionToken><Expiration>2026-11-21T13:00:00Z</Expiration></Credentials><MatchedGrantTarget>s3://acme-ml/*</MatchedGrantTarget></GetDataAccessResult>`

func writes(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestWhatS3AccessGrantsAreAsked(t *testing.T) {
	t.Parallel()
	var asked *http.Request
	client, double := signed(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r
		writes(200, grantedBody)(w, r)
	})
	got, err := client.DataAccess(t.Context(), readingChurn())
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessKeyID != "ASIA2" || got.SecretAccessKey.Reveal() != "shh" || got.SessionToken.Reveal() != "ttt" || got.Reaches != "s3://acme-ml/*" ||
		!got.Expires.Equal(now.Add(time.Hour)) || got.AccountID != "111122223333" {
		t.Errorf("got %+v", got)
	}
	if asked.Method != http.MethodGet || asked.URL.Scheme != "https" || asked.URL.Host != "111122223333.s3-control.us-east-1.amazonaws.com" ||
		asked.URL.Path != "/v20180820/accessgrantsinstance/dataaccess" || asked.Header.Get("X-Amz-Account-Id") != "111122223333" ||
		asked.Header.Get("X-Amz-Content-Sha256") == "" || !strings.Contains(asked.Header.Get("Authorization"), "/us-east-1/s3/aws4_request") {
		t.Errorf("%s %s %v", asked.Method, asked.URL, asked.Header)
	}
	for name, want := range map[string]string{
		"target": "s3://acme-ml/churn/*", "permission": "READ", "privilege": "Minimal", "durationSeconds": "7200", "auditContext": "alice@example.com", "targetType": "",
	} {
		if got := double.forms[0].Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	in := readingChurn()
	in.Target, in.Write, in.Duration, in.AuditContext = "s3://acme-ml/churn/1.parquet", true, 0, strings.Repeat("x", 5000)
	if _, err := client.DataAccess(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	form := double.forms[1]
	if form.Get("targetType") != "Object" || form.Get("permission") != "READWRITE" || form.Has("durationSeconds") || len(form.Get("auditContext")) > 2048+len("…") {
		t.Errorf("sent %v", form)
	}
}

func TestWhereS3ControlIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		endpoint, region string
		hosts            iam.Hosts
		want             string // the host; "" for a refusal
	}{
		{"", "cn-north-1", iam.Hosts{}, "111122223333.s3-control.cn-north-1.amazonaws.com.cn"},
		{"", "us-gov-west-1", iam.Hosts{FIPS: true}, "111122223333.s3-control-fips.us-gov-west-1.amazonaws.com"},
		{"", "us-east-1", iam.Hosts{DualStack: true}, "111122223333.s3-control.dualstack.us-east-1.amazonaws.com"},
		{"", "us-east-1", iam.Hosts{FIPS: true, DualStack: true}, "111122223333.s3-control-fips.dualstack.us-east-1.amazonaws.com"},
		{"https://control.vpce-1a-2b.s3.us-east-1.vpce.amazonaws.com", "us-east-1", iam.Hosts{}, "111122223333.control.vpce-1a-2b.s3.us-east-1.vpce.amazonaws.com"},
		{"http://127.0.0.1:4566", "us-east-1", iam.Hosts{}, "127.0.0.1:4566"},
		{"https://s3.corp.example", "us-east-1", iam.Hosts{}, "s3.corp.example"},
		{"https://evil.example", "us-east-1", iam.Hosts{}, ""},
		{"https://mine.s3-control.us-east-1.amazonaws.com", "us-east-1", iam.Hosts{}, ""},
	} {
		var host string
		client, _ := signed(t, func(w http.ResponseWriter, r *http.Request) {
			host = r.URL.Host
			writes(200, grantedBody)(w, r)
		})
		client.S3ControlEndpoint, client.Hosts, client.TrustedHosts = c.endpoint, c.hosts, []string{"s3.corp.example"}
		in := readingChurn()
		in.Region = c.region
		_, err := client.DataAccess(t.Context(), in)
		if host != c.want || (err == nil) != (c.want != "") || err != nil && ui.IDOf(err) != "endpoint-untrusted" {
			t.Errorf("%+v: %s, %v", c, host, err)
		}
	}
}

func TestWhatS3AccessGrantsRefuse(t *testing.T) {
	t.Parallel()
	said := func(code, message string) string {
		return fmt.Sprintf(`<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`, code, message)
	}
	for _, c := range []struct {
		status     int
		body       string
		id         ui.ID
		code       ui.Code
		text, hint string
	}{
		{403, said("AccessDenied", "You do not have READ permissions"), "grant-refused", ui.Refused, "You do not have READ permissions",
			"create-access-grant --account-id 111122223333 --region us-east-1 --access-grants-location-id LOCATION_ID --access-grants-location-configuration S3SubPrefix='churn/*' --permission READ --grantee GranteeType=IAM,GranteeIdentifier=" + roleARN},
		{403, `<Error><Code>AccessDenied</Code><Message>no, 111122223333</Message></Error>`, "grant-refused", ui.Refused, "no, 111122223333", "s3:GetDataAccess"},
		{404, said("AccessGrantsInstanceNotExistsError", "no"), "grants-instance-absent", ui.Refused, "has no S3 Access Grants in us-east-1", "create-access-grants-instance --account-id"},
		{400, said("InvalidRequest", "no"), "grant-request-invalid", ui.Failed, "invalid: no", "slash"},
		{403, said("InvalidAccessKeyId", "no"), "credentials-unknown", ui.Refused, "does not know the credentials", "region"},
		{400, said("ExpiredToken", "no"), "credentials-ended", ui.Failed, "have ended", "try again"},
		{403, said("SignatureDoesNotMatch", "no"), "signature-refused", ui.Failed, "signature", "clock"},
		{400, said("Odd", "a\u202e"+hopCanary+"-token"), "aws-unknown-refusal", ui.Failed, "S3 Access Grants refuses s3://acme-ml/churn/* with Odd: a[redacted]", ""},
		{403, "<html>no</html>", "web-page-came", ui.Failed, "web page", "sign in there"},
		{200, "<ListResult></ListResult>", "another-server", ui.Failed, "no answer of S3 Access Grants", "network"},
		{200, "{}", "another-server", ui.Failed, "no answer of S3 Access Grants", "network"},
		{200, "<GetDataAccessResult></GetDataAccessResult>", "aws-unknown-answer", ui.Failed, "without complete credentials", "AWS_ENDPOINT_URL_S3_CONTROL"},
		{200, strings.Replace(grantedBody, "2026-11-21T13", "2016-11-21T13", 1), "aws-unknown-answer", ui.Failed, "ended long ago", "proxy"},
	} {
		client, _ := signed(t, writes(c.status, c.body))
		got, err := client.DataAccess(t.Context(), readingChurn())
		if got != nil || ui.IDOf(err) != c.id || ui.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.text) || !strings.Contains(ui.HintOf(err), c.hint) {
			t.Errorf("%d %s: %s, exit %d, %v, hint %q", c.status, c.body, ui.IDOf(err), ui.CodeOf(err), err, ui.HintOf(err))
		}
		if all := err.Error() + ui.HintOf(err); strings.Contains(all, hopCanary) || strings.Contains(all, "\u202e") {
			t.Errorf("shown: %q", all)
		}
	}
	for _, in := range []DataAccess{{Region: "us-east-1"}, {AccountID: "111122223333"}, {AccountID: "111122223333", Region: "x.evil.example"}} {
		in.From = hop()
		client, double := signed(t, writes(200, grantedBody))
		if _, err := client.DataAccess(t.Context(), in); ui.IDOf(err) != "grant-place-unknown" || len(double.forms) != 0 {
			t.Errorf("%+v: %v", in, err)
		}
	}
	in := readingChurn()
	in.Duration = 13 * time.Hour
	client, _ := signed(t, writes(200, grantedBody))
	if _, err := client.DataAccess(t.Context(), in); ui.IDOf(err) != "role-duration" {
		t.Errorf("%v", err)
	}
}

func TestABusyS3IsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := writes(503, `<Error><Code>SlowDown</Code><Message>later</Message></Error>`)
		client, double := signed(t, slow, writes(500, ""), writes(200, grantedBody))
		if _, err := client.DataAccess(t.Context(), readingChurn()); err != nil || len(double.forms) != 3 {
			t.Errorf("%v after %d", err, len(double.forms))
		}
		client, _ = signed(t, slow)
		if _, err := client.DataAccess(t.Context(), readingChurn()); ui.IDOf(err) != "aws-unavailable" {
			t.Errorf("%v", err)
		}
	})
}

func TestPlacesOfGrants(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"s3://acme-ml":                 "s3://acme-ml/*",
		"s3://acme-ml/":                "s3://acme-ml/*",
		"s3://acme-ml/*":               "s3://acme-ml/*",
		"s3://acme-ml/churn/":          "s3://acme-ml/churn/*",
		"s3://acme-ml/churn/*":         "s3://acme-ml/churn/*",
		"s3://acme-ml/churn/part-*":    "s3://acme-ml/churn/part-*",
		"s3://acme-ml/churn/1.parquet": "s3://acme-ml/churn/1.parquet",
		"s3://acme-ml/a*b":             "",
		"s3://acme-ml/**":              "",
		"s3://":                        "",
		"s3://a/x":                     "",
		"s3://Acme/x":                  "",
		"s3://acme ml/x":               "",
		"s3://acme-ml/x\n":             "",
		"acme-ml/x":                    "",
		"arn:aws:s3:::acme-ml/x":       "",
		"s3://acme-ml/" + strings.Repeat("x", 2000): "",
	} {
		got, err := GrantTarget(address)
		if got != want || (err == nil) != (want != "") || err != nil && (ui.CodeOf(err) != ui.Usage || ui.HintOf(err) == "") {
			t.Errorf("%q: %q, %v", address, got, err)
		}
	}
}

func FuzzDataAccess(f *testing.F) {
	for _, body := range []string{grantedBody, "", "<a/>", "<Error><Code>X</Code></Error>", "<GetDataAccessResult><Credentials/></GetDataAccessResult>", "{}"} {
		f.Add(200, body)
		f.Add(403, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 499 || status == 429 {
			return
		}
		client, _ := signed(t, writes(status, body))
		in := readingChurn()
		got, err := client.DataAccess(t.Context(), in)
		switch {
		case (got == nil) == (err == nil):
			t.Fatalf("%+v, %v", got, err)
		case err == nil && (got.Reaches != ui.Clean(got.Reaches) || got.Expires.After(now.Add(MaxLife))):
			t.Errorf("got %+v", got)
		case err != nil && (ui.IDOf(err) == "" || ui.CleanLines(err.Error()+ui.HintOf(err)) != err.Error()+ui.HintOf(err)):
			t.Errorf("%q, %q", err, ui.HintOf(err))
		}
	})
}
