package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/revoke"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	near    = "arn:aws:iam::111122223333:role/ml/ml-reader"
	far     = "arn:aws:iam::444455556666:role/far"
	another = "arn:aws:iam::444455556666:role/another"

	held = `{"RoleDetailList": [
		{"RoleName": "ml-reader", "Arn": "` + near + `", "AssumeRolePolicyDocument": {}},
		{"RoleName": "another", "Arn": "` + another + `", "AssumeRolePolicyDocument": {}},
		{"RoleName": "far", "Arn": "` + far + `", "AssumeRolePolicyDocument": {}}]}`
)

var signingKeys = sync.OnceValues(sandbox.NewKeys)

// between stands between the SDK and IAM: it may answer an action itself.
type between func(action string) (answer string, status int)

func (b between) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	if answer, status := b(form.Get("Action")); status != 0 {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
	}
	return http.DefaultTransport.RoundTrip(r)
}

// opened are accounts of a sandbox: the machine's own, and one where it takes a role, narrowed to some roles.
func opened(t *testing.T, transport http.RoundTripper, roles ...string) *live.Accounts {
	t.Helper()
	keys, err := signingKeys()
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.Start(t.Context(), sandbox.Options{Keys: keys.Copy(), Trust: []sandbox.Trust{
		{RoleARN: "arn:aws:iam::444455556666:role/admin", Principals: []string{"arn:aws:iam::111122223333:role/ml-node"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Close()
		for _, unexpected := range server.Unexpected() {
			t.Error(unexpected)
		}
	})
	holdings, err := iam.ReadHoldings([]byte(held))
	if err != nil {
		t.Fatal(err)
	}
	server.Hold(holdings)
	client := httpclient.New(httpclient.Options{Timeout: 10 * time.Second})
	asked := *client
	if transport != nil {
		asked.Transport = transport
	}
	accounts, err := live.Open(t.Context(), []string{"111122223333", "444455556666"}, live.Options{
		HTTP: &asked, Endpoint: server.IAMURL(), Progress: func(string) func() { return func() {} },
		STS:    &sts.Client{HTTP: client, Endpoint: server.STSURL(), Now: time.Now},
		Assume: []string{"arn:aws:iam::444455556666:role/admin"}, Policy: Policy(roles), SessionName: "dbxaccess-revoke",
		Sources: []live.Source{{Name: "the environment", Region: "eu-west-1", Get: func(context.Context) (*sts.Credentials, error) {
			env := server.AWSEnv()
			return &sts.Credentials{
				AccessKeyID: env["AWS_ACCESS_KEY_ID"], SecretAccessKey: secret.New(env["AWS_SECRET_ACCESS_KEY"]), SessionToken: secret.New(env["AWS_SESSION_TOKEN"]),
			}, nil
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return accounts
}

// denials are alice's at some roles.
func denials(t *testing.T, now time.Time, roles ...string) []revoke.Denial {
	t.Helper()
	book, err := revoke.Read(func(yield func(audit.Record, error) bool) {
		for i, role := range roles {
			r := audit.New(now.Add(-time.Minute), audit.Assume, audit.Who{Issuer: "https://idp.example", Subject: "alice"})
			r.RoleARN, r.SessionName, r.AccessKeyID, r.Expires = role, "alice", fmt.Sprint("ASIA", i), now.Add(time.Hour)
			if !yield(r, nil) {
				return
			}
		}
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := book.Find("alice", "")
	if err != nil {
		t.Fatal(err)
	}
	return book.Of(holder, revoke.Terms{}).Denials
}

func states(results []Result) (all []State) {
	for _, r := range results {
		all = append(all, r.State)
	}
	return all
}

// Roles of several accounts are written, and a session that was taken for some writes no others.
func TestWrittenInEachAccount(t *testing.T) {
	t.Parallel()
	accounts := opened(t, nil, near, far)
	now := time.Now()
	for _, want := range []State{Written, Unchanged} {
		results := Deny(t.Context(), accounts, denials(t, now, near, far))
		if len(results) != 2 || results[0].State != want || results[1].State != want {
			t.Errorf("%v, want %v: %+v", states(results), want, results)
		}
	}
	results := Deny(t.Context(), accounts, denials(t, now, another))
	if results[0].State != Failed || ui.IDOf(results[0].Err) != "iam-refused" || ui.CodeOf(results[0].Err) != ui.Refused {
		t.Errorf("%+v", results[0])
	}
	for role, id := range map[string]ui.ID{"alice": "revoke-role-unknown", near + "-of-another-name": "revoke-role-missing"} {
		if results = Undo(t.Context(), accounts, "dbxaccess-revoke-0", []string{role}, now); results[0].State != Failed || ui.IDOf(results[0].Err) != id {
			t.Errorf("%s: %s: %+v", role, ui.IDOf(results[0].Err), results[0])
		}
	}
	name := denials(t, now, near)[0].PolicyName
	if results = Undo(t.Context(), accounts, name, []string{near, far}, now.Add(12*time.Hour-time.Minute)); results[0].State != Kept || results[1].State != Kept {
		t.Errorf("%+v", results)
	}
	for _, want := range []State{Removed, Absent} {
		results = Undo(t.Context(), accounts, name, []string{near, far}, now.Add(12*time.Hour+time.Minute))
		if results[0].State != want || results[1].State != want {
			t.Errorf("%v, want %v", states(results), want)
		}
	}
}

const (
	put = `<PutRolePolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PutRolePolicyResponse>`
	not = `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>none</Message></Error><RequestId>r</RequestId></ErrorResponse>`
)

// What IAM says that it took and does not show is no success; what it shows a moment later is.
func TestReadBack(t *testing.T) {
	before := settling
	settling = []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}
	t.Cleanup(func() { settling = before })
	lost := between(func(action string) (string, int) {
		if action == "PutRolePolicy" {
			return put, http.StatusOK
		}
		return "", 0
	})
	results := Deny(t.Context(), opened(t, lost, near), denials(t, time.Now(), near))
	if results[0].State != Failed || ui.IDOf(results[0].Err) != "revoke-not-read-back" {
		t.Errorf("lost: %+v", results[0])
	}
	reads := 0
	slow := between(func(action string) (string, int) {
		if action == "GetRolePolicy" {
			if reads++; reads < 4 {
				return not, http.StatusNotFound
			}
		}
		return "", 0
	})
	results = Deny(t.Context(), opened(t, slow, near), denials(t, time.Now(), near))
	if results[0].State != Written || reads != 4 {
		t.Errorf("slow: %+v after %d", results[0], reads)
	}
	ctx, cancel := context.WithCancel(t.Context())
	reads = 0
	cancelled := between(func(action string) (string, int) {
		if action == "PutRolePolicy" {
			cancel()
		}
		return "", 0
	})
	results = Deny(ctx, opened(t, cancelled, near), denials(t, time.Now(), near))
	if results[0].State != Failed || !errors.Is(results[0].Err, context.Canceled) {
		t.Errorf("cancelled: %+v", results[0])
	}
}

// A policy that is too long is not sent.
func TestTooLong(t *testing.T) {
	t.Parallel()
	all := denials(t, time.Now(), near)
	more := all[0]
	for i := range 400 {
		one := revokedAs(t, fmt.Sprint("alice-", i, "-of-a-long-name"))
		more.Join(one)
	}
	if results := Deny(t.Context(), opened(t, nil, near), []revoke.Denial{more}); ui.IDOf(results[0].Err) != "revoke-policy-size" {
		t.Errorf("%+v", results[0])
	}
}

func revokedAs(t *testing.T, session string) *revoke.Denial {
	t.Helper()
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-01-01T00:00:00Z"},` +
		`"StringLike":{"aws:userid":["*:` + session + `","*:` + session + `,*"]}}}]}`
	d, err := revoke.ReadDenial(near, "p", document)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
