package ambient

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// machine is one with this environment. Its link-local addresses lead to link; nil for a network without an answer.
func machine(t *testing.T, environment map[string]string, link http.Handler) *Finder {
	t.Helper()
	dial := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
	}
	if link != nil {
		srv := httptest.NewServer(link)
		t.Cleanup(srv.Close)
		dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
		}
	}
	clock := func() time.Time { return now }
	client := httpclient.New(httpclient.Options{})
	return &Finder{
		Getenv: func(name string) string { return environment[name] }, HTTP: client, Link: httpclient.NewLink(nil, dial), Now: clock,
		Assume: func(context.Context, sts.WebIdentity) (*sts.Credentials, error) {
			t.Error("a token was traded")
			return nil, errors.New("a token was traded")
		},
	}
}

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const roleARN = "arn:aws:iam::111122223333:role/ml-trainer"

// reply is a handler with one answer.
func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// inMemory is a transport without a network, so that under synctest no time passes but in pauses.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), nil
}

const document = `{"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"shh","Token":"st","Expiration":"2026-11-21T13:00:00Z","RoleArn":"arn:aws:iam::111122223333:role/task"}`

// checkGiven checks that credentials are those of document.
func checkGiven(t *testing.T, name string, got *sts.Credentials, err error) {
	t.Helper()
	if err != nil || got.AccessKeyID != "ASIA1" || got.SecretAccessKey.Reveal() != "shh" || got.SessionToken.Reveal() != "st" ||
		!got.Expires.Equal(now.Add(time.Hour)) {
		t.Errorf("%s: %+v, %v", name, got, err)
	}
}

func TestCredentialsOfTheEnvironment(t *testing.T) {
	t.Parallel()
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "ASIA1", "AWS_SECRET_ACCESS_KEY": "shh", "AWS_SESSION_TOKEN": "st"}
	got, err := machine(t, keys, nil).Credentials(t.Context())
	if err != nil || got.AccessKeyID != "ASIA1" || got.SessionToken.Reveal() != "st" || !got.Expires.IsZero() {
		t.Errorf("got %+v, %v", got, err)
	}
	keys["AWS_CREDENTIAL_EXPIRATION"] = "2026-11-21T13:00:00Z"
	got, err = machine(t, keys, nil).Credentials(t.Context())
	checkGiven(t, "with an end", got, err)
	keys["AWS_CREDENTIAL_EXPIRATION"] = "2026-11-21T11:00:00Z"
	if _, err := machine(t, keys, nil).Credentials(t.Context()); err == nil || ui.HintOf(err) == "" {
		t.Errorf("already over: %v", err)
	}
	delete(keys, "AWS_SESSION_TOKEN")
	if _, err := machine(t, keys, nil).Credentials(t.Context()); ui.CodeOf(err) != ui.Refused || !strings.Contains(ui.HintOf(err), "unset AWS_ACCESS_KEY_ID") {
		t.Errorf("a long-lived key: %v", err)
	}
}

func TestNoSourceGivesAnything(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		environment map[string]string
		link        http.Handler
	}{
		"no network":          {nil, nil},
		"half a key":          {map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1"}, nil},
		"metadata disabled":   {map[string]string{"AWS_EC2_METADATA_DISABLED": "True"}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") })},
		"another cloud":       {nil, reply(404, "")},
		"no instance profile": {nil, instance(t, "", http.NotFound)},
		"a redirect":          {nil, http.RedirectHandler("https://192.0.2.1/", http.StatusFound)},
		"a hostile role name": {nil, instance(t, "../../user-data", nil)},
	} {
		_, err := machine(t, c.environment, c.link).Credentials(t.Context())
		if ui.CodeOf(err) != ui.LoginNeeded || ui.IDOf(err) != "machine-without-credentials" || ui.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := machine(t, nil, reply(200, "")).Credentials(ctx); ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("interrupted: %v", err)
	}
}

// instance is a metadata service of EC2, version 2, whose one role answers with give.
func instance(t *testing.T, role string, give http.HandlerFunc) http.Handler {
	const roles = "/latest/meta-data/iam/security-credentials/"
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /latest/api/token", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-aws-ec2-metadata-token-ttl-seconds") == "" || r.Header.Get("X-Forwarded-For") != "" {
			t.Errorf("asked for a token with %v", r.Header)
		}
		_, _ = w.Write([]byte("imds-token"))
	})
	shown := func(handler http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-aws-ec2-metadata-token") != "imds-token" {
				t.Errorf("%s without the token", r.URL)
			}
			handler(w, r)
		}
	}
	if role != "" {
		mux.HandleFunc("GET "+roles+"{$}", shown(reply(200, role+"\n")))
		mux.HandleFunc("GET "+roles+"ml-host", shown(func(w http.ResponseWriter, r *http.Request) { give(w, r) }))
	}
	return mux
}

func TestCredentialsOfAnInstance(t *testing.T) {
	t.Parallel()
	got, err := machine(t, nil, instance(t, "ml-host", reply(200, document))).Credentials(t.Context())
	checkGiven(t, "link-local", got, err)

	srv := httptest.NewServer(instance(t, "ml-host", reply(200, document)))
	t.Cleanup(srv.Close)
	got, err = machine(t, map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": srv.URL + "/"}, nil).Credentials(t.Context())
	checkGiven(t, "on this machine", got, err)

	for name, c := range map[string]struct {
		give http.HandlerFunc
		id   ui.ID
	}{
		"refused":      {reply(403, ""), "metadata-refuses"},
		"failed":       {reply(200, `{"Code":"AssumeRoleUnauthorizedAccess","Message":"\u001b[31mno"}`), "machine-role-refused"},
		"half":         {reply(200, `{"Code":"Success","AccessKeyId":"ASIA1"}`), "aws-unknown-answer"},
		"null":         {reply(200, `null`), "another-server"},
		"already over": {reply(200, strings.Replace(document, "T13", "T11", 1)), "aws-answer-over"},
		"endless":      {reply(200, strings.Repeat("x", 1<<20)), "answer-too-large"},
	} {
		_, err := machine(t, nil, instance(t, "ml-host", c.give)).Credentials(t.Context())
		if ui.CodeOf(err) != ui.Failed || ui.IDOf(err) != c.id || ui.HintOf(err) == "" || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %s, %v", name, ui.IDOf(err), err)
		}
	}
}

func TestALocalServiceThatIsBusyIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		answers := func(replies ...http.HandlerFunc) http.HandlerFunc {
			at = nil
			return func(w http.ResponseWriter, r *http.Request) {
				at = append(at, time.Now())
				replies[min(len(at), len(replies))-1](w, r)
			}
		}
		f := machine(t, nil, nil)
		f.Link = &http.Client{Transport: inMemory{instance(t, "ml-host", answers(reply(503, ""), reply(500, ""), reply(200, document)))}}
		got, err := f.Credentials(t.Context())
		checkGiven(t, "in the end", got, err)
		for i, least := range []time.Duration{400 * time.Millisecond, 800 * time.Millisecond} {
			if pause := at[i+1].Sub(at[i]); pause < least || pause >= 2*least {
				t.Errorf("pause %d is %s", i+1, pause)
			}
		}

		for name, environment := range map[string]map[string]string{"instance": nil, "container": {relativeURI: "/latest/creds"}} {
			busy := answers(reply(500, ""))
			mux := http.NewServeMux()
			mux.Handle("/latest/creds", busy)
			mux.Handle("/", instance(t, "ml-host", busy))
			f := machine(t, environment, nil)
			f.Link = &http.Client{Transport: inMemory{mux}}
			if _, err := f.Credentials(t.Context()); ui.CodeOf(err) != ui.Failed || ui.HintOf(err) == "" || !strings.Contains(err.Error(), "answered 500") || len(at) != 3 {
				t.Errorf("%s: %v after %d requests", name, err, len(at))
			}
		}
	})
}

func TestCredentialsOfAPod(t *testing.T) {
	t.Parallel()
	token := "h." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"https://oidc.eks.example","aud":["sts.amazonaws.com"],"sub":"system:serviceaccount:ml:trainer"}`)) + ".s"
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": path, "AWS_ROLE_ARN": roleARN, "AWS_REGION": "eu-west-1"}
	f := machine(t, environment, nil)
	var asked sts.WebIdentity
	want := &sts.Credentials{AccessKeyID: "ASIA1"}
	f.Assume = func(_ context.Context, in sts.WebIdentity) (*sts.Credentials, error) {
		asked = in
		return want, nil
	}
	if got, err := f.Credentials(t.Context()); err != nil || got != want || asked.Token.Reveal() != token || asked.SessionName != "dbxaccess" ||
		asked.RoleARN != roleARN || asked.Region != "eu-west-1" || asked.Issuer != "https://oidc.eks.example" ||
		asked.Audience != "sts.amazonaws.com" || asked.Subject != "system:serviceaccount:ml:trainer" || !strings.Contains(asked.Renewal.String(), "Kubernetes") {
		t.Errorf("%+v, %v, asked for %+v", got, err, asked)
	}
	environment["AWS_ROLE_SESSION_NAME"] = "trainer 7"
	if _, err := f.Credentials(t.Context()); err != nil || asked.SessionName != sts.SessionName("", "", "trainer 7") {
		t.Errorf("%v, asked for %+v", err, asked)
	}
	for variable, c := range map[string]struct {
		wrong []string
		id    ui.ID
	}{
		"AWS_WEB_IDENTITY_TOKEN_FILE": {[]string{filepath.Join(t.TempDir(), "absent"), t.TempDir()}, "token-file-unreadable"},
		"AWS_ROLE_ARN":                {[]string{"ml-trainer", roleARN + "\x1b"}, "machine-role-invalid"},
		"AWS_REGION":                  {[]string{"evil.test/"}, "machine-role-invalid"},
	} {
		right := environment[variable]
		for _, value := range c.wrong {
			environment[variable] = value
			if _, err := machine(t, environment, nil).Credentials(t.Context()); ui.CodeOf(err) != ui.Failed || ui.IDOf(err) != c.id || ui.HintOf(err) == "" {
				t.Errorf("%s=%q: %s, %v", variable, value, ui.IDOf(err), err)
			}
		}
		environment[variable] = right
	}
}
