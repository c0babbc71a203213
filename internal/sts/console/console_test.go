package console

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// federation is AWS's sign-in endpoint with one answer; got is the session it was sent.
func federation(t *testing.T, status int, answer string) (endpoint string, got *map[string]string) {
	t.Helper()
	got = new(map[string]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/federation" || r.URL.RawQuery != "" || r.PostFormValue("Action") != "getSigninToken" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		if err := json.Unmarshal([]byte(r.PostFormValue("Session")), got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

func page(endpoint, roleARN string) Page {
	return Page{
		Credentials: &sts.Credentials{AccessKeyID: "ASIA1", SecretAccessKey: secret.New("canary-key"), SessionToken: secret.New("canary-token")},
		RoleARN:     roleARN, Region: "us-east-1", Endpoint: endpoint,
	}
}

func TestTheConsoleIsThatOfThePartition(t *testing.T) {
	t.Parallel()
	endpoint, got := federation(t, http.StatusOK, `{"SigninToken":"to+ken/"}`)
	client := httpclient.New(httpclient.Options{})
	for partition, want := range map[string]string{
		"aws":        "https://console.aws.amazon.com/console/home?region=us-east-1",
		"aws-cn":     "https://console.amazonaws.cn/console/home?region=us-east-1",
		"aws-us-gov": "https://console.amazonaws-us-gov.com/console/home?region=us-east-1",
	} {
		link, err := SignInURL(t.Context(), client, page(endpoint, "arn:"+partition+":iam::111122223333:role/r"))
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(link.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		if q := u.Query(); q.Get("Destination") != want || q.Get("SigninToken") != "to+ken/" || q.Get("Action") != "login" {
			t.Errorf("%s: %v", partition, q)
		}
	}
	if (*got)["sessionId"] != "ASIA1" || (*got)["sessionKey"] != "canary-key" || (*got)["sessionToken"] != "canary-token" {
		t.Errorf("sent %v", *got)
	}
	if _, err := SignInURL(t.Context(), client, page(endpoint, "arn:minio:iam:::role/r")); err == nil || !strings.Contains(err.Error(), "partition minio") {
		t.Errorf("got %v", err)
	}
}

func TestTheSignInHostOfAPartition(t *testing.T) {
	t.Parallel()
	for partition, want := range map[string]string{
		"aws": "signin.aws.amazon.com", "aws-cn": "signin.amazonaws.cn", "aws-us-gov": "signin.amazonaws-us-gov.com",
	} {
		var asked string
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.Host
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"SigninToken":"t"}`))}, nil
		})}
		link, err := SignInURL(t.Context(), client, page("", "arn:"+partition+":iam::111122223333:role/r"))
		if err != nil || asked != want || !strings.HasPrefix(link.Reveal(), "https://"+want+"/federation?") {
			t.Errorf("%s: asked %s, %v", partition, asked, err)
		}
	}
}

// A permission set has no ARN: its region alone says where its credentials may go.
func TestAPermissionSetHasTheConsoleOfItsRegion(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"us-east-1": "signin.aws.amazon.com", "cn-north-1": "signin.amazonaws.cn", "us-gov-west-1": "signin.amazonaws-us-gov.com",
		"eusc-de-east-1": "eusc-de-east-1.signin.amazonaws-eusc.eu", "us-iso-east-1": "", "us-isob-east-1": "", "us-isof-south-1": "", "eu-isoe-west-1": "",
	} {
		var asked string
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.Host
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"SigninToken":"t"}`))}, nil
		})}
		in := page("", "")
		in.Region = region
		_, err := SignInURL(t.Context(), client, in)
		if asked != want || (err == nil) != (want != "") {
			t.Errorf("%s: asked %q, %v", region, asked, err)
		}
		if refused := Check("", region); (refused == nil) != (want != "") || refused != nil && !strings.HasSuffix(refused.Error(), " of "+region) {
			t.Errorf("%s: %v", region, refused)
		}
	}
}

// The credentials of an S3-compatible server are nobody else's business, whatever partition it says that it is.
func TestARoleWithoutAnAccountHasNoConsole(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"arn:aws:iam:::role/r", "arn:minio:iam:::role/r"} {
		if err := Check(role, "us-east-1"); ui.IDOf(err) != "console-absent" {
			t.Errorf("%s: %v", role, err)
		}
	}
}

func TestOnlyGovCloudSignsInWithFIPS(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{"us-gov-west-1": "signin-fips.amazonaws-us-gov.com", "us-east-1": ""} {
		var asked string
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.Host
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"SigninToken":"t"}`))}, nil
		})}
		in := page("", "")
		in.Region, in.Hosts.FIPS = region, true
		if _, err := SignInURL(t.Context(), client, in); asked != want || (want == "") != (ui.IDOf(err) == "console-without-fips") {
			t.Errorf("%s: asked %q, %v", region, asked, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestARefusedSignInTellsNoSecret(t *testing.T) {
	t.Parallel()
	client := httpclient.New(httpclient.Options{})
	for name, answer := range map[string]struct {
		status int
		body   string
		code   ui.Code
		id     ui.ID
	}{
		"overloaded":  {http.StatusServiceUnavailable, "canary-token", ui.Failed, "service-down"},
		"refused":     {http.StatusBadRequest, "canary-token is not valid", ui.Refused, "console-refuses"},
		"not JSON":    {http.StatusOK, "<html>", ui.Failed, "web-page-came"},
		"null":        {http.StatusOK, "null", ui.Failed, "another-server"},
		"no token":    {http.StatusOK, `{"SigninToken":""}`, ui.Failed, "another-server"},
		"a redirect":  {http.StatusFound, "", ui.Failed, "redirect-refused"},
		"much to say": {http.StatusOK, strings.Repeat(" ", 2<<20), ui.Failed, "answer-too-large"},
	} {
		endpoint, _ := federation(t, answer.status, answer.body)
		_, err := SignInURL(t.Context(), client, page(endpoint, "arn:aws:iam::111122223333:role/r"))
		if ui.CodeOf(err) != answer.code || ui.IDOf(err) != answer.id || strings.Contains(err.Error(), "canary") || strings.Contains(ui.HintOf(err), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := SignInURL(t.Context(), client, page("https://evil.example", "arn:aws:iam::111122223333:role/r"))
	if ui.CodeOf(err) != ui.Refused || !strings.Contains(err.Error(), "AWS_ENDPOINT_URL_SIGNIN points at evil.example") {
		t.Errorf("got %v", err)
	}
}

// Whatever is opened, it is at the console of the role's partition, and nowhere else.
func TestWhatTheConsoleOpens(t *testing.T) {
	t.Parallel()
	endpoint, _ := federation(t, http.StatusOK, `{"SigninToken":"t"}`)
	client := httpclient.New(httpclient.Options{})
	for _, c := range []struct {
		partition, region string
		target            Target
		want              string
	}{
		{"aws", "us-east-1", Target{}, "https://console.aws.amazon.com/console/home?region=us-east-1"},
		{"aws", "us-east-1", Target{Region: "eu-west-1"}, "https://console.aws.amazon.com/console/home?region=eu-west-1"},
		{"aws", "us-east-1", Target{Service: "athena"}, "https://console.aws.amazon.com/athena/home?region=us-east-1"},
		{"aws", "us-east-1", Target{Service: "s3", Region: "eu-west-1"}, "https://console.aws.amazon.com/s3/home?region=eu-west-1"},
		{"aws", "us-east-1", Target{Bucket: "acme-ml"}, "https://console.aws.amazon.com/s3/buckets/acme-ml?region=us-east-1"},
		{"aws", "us-east-1", Target{Bucket: "acme-ml", Prefix: "churn & co/ä=b/"},
			"https://console.aws.amazon.com/s3/buckets/acme-ml?prefix=churn+%26+co%2F%C3%A4%3Db%2F&region=us-east-1"},
		{"aws-cn", "cn-north-1", Target{Bucket: "acme-ml", Prefix: "x/"}, "https://console.amazonaws.cn/s3/buckets/acme-ml?prefix=x%2F&region=cn-north-1"},
		{"aws-us-gov", "us-gov-west-1", Target{Service: "glue", Region: "us-gov-east-1"}, "https://console.amazonaws-us-gov.com/glue/home?region=us-gov-east-1"},
		{"aws-eusc", "eusc-de-east-1", Target{Service: "s3"}, "https://eusc-de-east-1.console.amazonaws-eusc.eu/s3/home?region=eusc-de-east-1"},
	} {
		in := page(endpoint, "arn:"+c.partition+":iam::111122223333:role/r")
		in.Region, in.Target = c.region, c.target
		link, err := SignInURL(t.Context(), client, in)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(link.Reveal())
		if got := u.Query().Get("Destination"); err != nil || got != c.want {
			t.Errorf("%+v: %s, %v", c.target, got, err)
		}
	}
}

func TestWhatIsNoTargetIsRefused(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/r"
	for want, targets := range map[ui.ID][]Target{
		"console-service-invalid": {
			{Service: "../evil"}, {Service: "//evil.example"}, {Service: "s3?x"}, {Service: "s3#x"}, {Service: "@evil.example"}, {Service: "S3"},
			{Service: "s3/"}, {Service: "-s3"}, {Service: strings.Repeat("s", 41)}, {Service: "s3\n"}, {Service: "%2f"},
		},
		"console-region-invalid":   {{Region: "mars"}, {Region: "us-east-1&x=y"}, {Region: "us-east-1.evil.example"}},
		"console-region-elsewhere": {{Region: "cn-north-1"}, {Region: "us-gov-west-1"}},
		"":                         {{Region: "eu-central-2", Service: "redshiftv2"}, {Service: "s"}},
	} {
		for _, target := range targets {
			if err := target.Check(role, "us-east-1"); ui.IDOf(err) != want || err != nil && ui.CodeOf(err) != ui.Usage {
				t.Errorf("%+v: %v", target, err)
			}
		}
	}
	if err := (Target{Region: "cn-northwest-1"}).Check("", "cn-north-1"); err != nil {
		t.Error(err)
	}
}

// An access map's names lead to no other host.
func FuzzTarget(f *testing.F) {
	f.Add("acme-ml", "churn/", "s3")
	f.Add("../..//evil.example", "#?&", "")
	f.Fuzz(func(t *testing.T, bucket, prefix, service string) {
		target := Target{Bucket: bucket, Prefix: prefix, Service: service}
		if target.Check("", "us-east-1") != nil {
			return
		}
		text := target.address("console.aws.amazon.com", "us-east-1")
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.Host != "console.aws.amazon.com" || u.User != nil || u.Fragment != "" || !strings.HasPrefix(text, "https://console.aws.amazon.com/") {
			t.Fatalf("%+v leads to %s, %v", target, text, err)
		}
		if bucket != "" && (u.Query().Get("prefix") != prefix || u.Query().Get("region") != "us-east-1" || u.Path != "/s3/buckets/"+bucket) {
			t.Errorf("%+v is read as %+v", target, u)
		}
	})
}
