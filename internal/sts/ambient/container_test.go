package ambient

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	fullURI     = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	relativeURI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	tokenVar    = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
)

func TestCredentialsOfAContainer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("from-the-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var asked string
	endpoint := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.Host + r.URL.RequestURI() + " " + r.Header.Get("Authorization")
		reply(200, document)(w, r)
	})
	local := httptest.NewServer(endpoint)
	t.Cleanup(local.Close)
	host := strings.TrimPrefix(local.URL, "http://")
	for want, environment := range map[string]map[string]string{
		"GET 169.254.170.2/v2/credentials?id=1 ": {relativeURI: "/v2/credentials?id=1"},
		"GET 169.254.170.2/v2/credentials ":      {relativeURI: "/v2/credentials", fullURI: "http://169.254.170.23/v1/credentials"},
		"GET 169.254.170.23/v1/credentials from-the-file": {
			fullURI: "http://169.254.170.23/v1/credentials", tokenVar: "from-the-variable", tokenVar + "_FILE": path},
		"GET [fd00:ec2::23]/v1/credentials from-the-variable": {fullURI: "http://[fd00:ec2::23]/v1/credentials", tokenVar: "from-the-variable"},
		"GET " + host + "/creds ":                             {fullURI: local.URL + "/creds"},
	} {
		got, err := machine(t, environment, endpoint).Credentials(t.Context())
		checkGiven(t, want, got, err)
		if asked != want || got.AccountID != "111122223333" {
			t.Errorf("asked %q, want %q; account %s", asked, want, got.AccountID)
		}
	}
}

func TestOnlyWhereAWSGivesCredentialsIsAsked(t *testing.T) {
	t.Parallel()
	never := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s%s", r.Host, r.URL) })
	const untrusted, noEndpoint, badToken = "machine-endpoint-untrusted", "container-endpoint-invalid", "container-token-invalid"
	for _, c := range []struct {
		environment map[string]string
		id          ui.ID
	}{
		{map[string]string{fullURI: "http://evil.test/creds"}, untrusted},
		{map[string]string{fullURI: "http://169.254.170.2.evil.test/creds"}, untrusted},
		{map[string]string{fullURI: "http://192.0.2.1/creds"}, untrusted},
		{map[string]string{fullURI: "http://169.254.170.3/creds"}, untrusted},
		{map[string]string{fullURI: "http://169.254.170.2:8080/creds"}, untrusted},
		{map[string]string{fullURI: "http://u:p@169.254.170.2/creds"}, noEndpoint},
		{map[string]string{fullURI: "ftp://169.254.170.2/creds"}, untrusted},
		{map[string]string{fullURI: "creds"}, noEndpoint},
		{map[string]string{fullURI: "http://169.254.170.2/\x1b"}, noEndpoint},
		{map[string]string{relativeURI: ".evil.test/creds"}, noEndpoint},
		{map[string]string{relativeURI: "@evil.test/creds"}, noEndpoint},
		{map[string]string{fullURI: "http://169.254.170.2/creds", tokenVar: "a\nb"}, badToken},
		{map[string]string{fullURI: "http://169.254.170.2/creds", tokenVar + "_FILE": "/nonexistent"}, "token-file-unreadable"},
		{map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://evil.test"}, untrusted},
		{map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://u:p@169.254.169.254"}, "metadata-endpoint-invalid"},
		{map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "\x1b"}, "metadata-endpoint-invalid"},
	} {
		_, err := machine(t, c.environment, never).Credentials(t.Context())
		if code := ui.CodeOf(err); code != ui.Failed && code != ui.Refused || ui.IDOf(err) != c.id || ui.HintOf(err) == "" {
			t.Errorf("%v: %s, %v", c.environment, ui.IDOf(err), err)
		}
	}
}

func TestAFileWithATokenIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	never := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s%s", r.Host, r.URL) })
	for text, want := range map[string]string{
		"":                                    "is empty",
		"\n":                                  "is empty",
		strings.Repeat("x", secret.MaxFile+1): "larger than 64 KiB",
		"token" + strings.Repeat(" ", secret.MaxFile): "larger than 64 KiB",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for variable, environment := range map[string]map[string]string{
			tokenVar + "_FILE":            {relativeURI: "/creds", tokenVar: "another", tokenVar + "_FILE": path},
			"AWS_WEB_IDENTITY_TOKEN_FILE": {"AWS_WEB_IDENTITY_TOKEN_FILE": path, "AWS_ROLE_ARN": roleARN},
		} {
			_, err := machine(t, environment, never).Credentials(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) || ui.HintOf(err) != "correct or unset "+variable {
				t.Errorf("%s with %d bytes: %v, hint %q", variable, len(text), err, ui.HintOf(err))
			}
		}
	}
}

// An agent that repeats what it was sent.
func TestWhatAContainerWasAskedWithIsNotShown(t *testing.T) {
	t.Parallel()
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply(401, `{"code":"AccessDenied","message":"`+r.URL.RequestURI()+" "+path.Base(r.URL.Path)+" "+r.Header.Get("Authorization")+`"}`)(w, r)
	})
	for name, environment := range map[string]map[string]string{
		"ECS": {relativeURI: "/v2/credentials/canary-of-an-id-1"},
		"EKS": {fullURI: "http://169.254.170.23/v1/credentials", tokenVar: "canary-of-a-token"},
	} {
		_, err := machine(t, environment, echo).Credentials(t.Context())
		if err == nil || strings.Contains(err.Error()+ui.HintOf(err), "canary") || !strings.Contains(err.Error(), "[redacted]") || ui.IDOf(err) != "container-refuses" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTroubleOfAContainerIsNoReasonToLookFurther(t *testing.T) {
	t.Parallel()
	for name, link := range map[string]http.Handler{
		"no answer":  nil,
		"refused":    reply(401, `{"code":"AccessDenied","message":"\u001b[31mno"}`),
		"a redirect": http.RedirectHandler("http://169.254.169.254/", http.StatusFound),
		"no JSON":    reply(200, `<html>`),
		"half":       reply(200, `{"AccessKeyId":"ASIA1"}`),
		"endless":    reply(200, strings.Repeat(" ", 1<<20)),
	} {
		_, err := machine(t, map[string]string{relativeURI: "/creds"}, link).Credentials(t.Context())
		if ui.CodeOf(err) != ui.Failed || ui.HintOf(err) == "" || strings.Contains(err.Error(), "\x1b") || !strings.Contains(err.Error(), "container") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCredentials(f *testing.F) {
	for _, seed := range []string{document, `{}`, `null`, `{"Code":"Failed","Message":"\u001b"}`, `{"Expiration":"9999-12-31T23:59:59Z"}`, `{"Token":5}`, ``} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var answer httpclient.Answer
		answer.Object, _ = httpclient.ParseObject([]byte(body))
		got, err := (&service{name: "x"}).credentials(&answer, now)
		if err == nil && (got.AccessKeyID == "" || got.SessionToken.IsZero() || !got.Expires.After(now) || got.Expires.After(now.Add(sts.MaxLife))) {
			t.Errorf("%+v", got)
		}
		if err != nil && err.Error() != ui.Clean(err.Error()) {
			t.Errorf("%q", err)
		}
	})
}
