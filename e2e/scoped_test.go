package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// scopedAnswer is what clients/node/scope.js prints of one answer or error.
type scopedAnswer struct {
	Key                     string
	Expiration              time.Time
	TokenBytes              int
	SessionInfo             struct{ ScopedSessionId, Arn string } //nolint:revive,staticcheck // AWS's names
	SessionTokenUtilization int
	SessionTokenSize        int
	ScopedPoliciesCount     int

	Error, Message string
	Known          bool // it is a class of the SDK's
}

type scopedInput map[string]any

// scopeByJS has AWS's SDK for JavaScript ask the sandbox, with the credentials of a machine.
func scopeByJS(t *testing.T, server *sandbox.Server, inputs ...scopedInput) []scopedAnswer {
	t.Helper()
	asked, err := json.Marshal(inputs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "clients/node/scope.js", server.STSURL(), string(asked))
	cmd.Env = []string{"NODE_PATH=" + tools.NodeModules, "AWS_REGION=eu-west-1", "HOME=" + t.TempDir()}
	for name, value := range server.AWSEnv() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errors.String())
	}
	var answers []scopedAnswer
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(inputs) {
		t.Fatalf("%v: %s", err, out)
	}
	return answers
}

func startScoping(t *testing.T) *sandbox.Server {
	t.Helper()
	server, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

const scopedPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","sts:GetScopedCredentials"],"Resource":"*"}]}`

// AWS's own client knows GetScopedCredentials by AWS's model of it, and reads what the sandbox answers: so the double is held to that
// model, as nobody has run the call against AWS.
func TestScopedCredentialsByTheSDK(t *testing.T) {
	t.Parallel()
	server := startScoping(t)
	got := scopeByJS(t, server,
		scopedInput{"Policy": scopedPolicy, "DurationSeconds": 600, "ScopedSessionDescription": "run 7", "MinimumSessionTokenSize": 2000},
		scopedInput{"again": true, "Policy": scopedPolicy},
		scopedInput{"again": true, "Policy": scopedPolicy},
		scopedInput{"again": true, "Policy": scopedPolicy},
		scopedInput{"again": true, "DurationSeconds": 60},
	)
	for i, a := range got[:3] {
		if a.Error != "" || a.ScopedPoliciesCount != i+1 || a.SessionTokenSize != a.TokenBytes || a.SessionTokenUtilization < 26 || a.SessionTokenUtilization > 100 ||
			!strings.HasPrefix(a.SessionInfo.Arn, "arn:aws:sts::111122223333:assumed-role/ml-node/") || a.SessionInfo.ScopedSessionId == "" || a.SessionInfo != got[0].SessionInfo ||
			!a.Expiration.Equal(got[0].Expiration) || time.Until(a.Expiration) > 10*time.Minute {
			t.Errorf("layer %d: %+v", i+1, a)
		}
	}
	if got[0].TokenBytes != 2000 {
		t.Errorf("a token of %d bytes", got[0].TokenBytes)
	}
	if fourth, shorter := got[3], got[4]; fourth.Error != "AccessDenied" || shorter.Error != "" || shorter.ScopedPoliciesCount != 3 {
		t.Errorf("%+v, %+v", fourth, shorter)
	}
	calls := server.STSCalls()
	if first := calls[0]; first.Description != "run 7" || first.Policy != scopedPolicy || first.Duration != 10*time.Minute || first.Region != "eu-west-1" || first.ScopedPolicies != 1 ||
		calls[1].CallerKeyID != first.AccessKeyID {
		t.Errorf("recorded %+v", first)
	}
	if odd := server.Unexpected(); len(odd) > 0 {
		t.Errorf("the SDK sends what the double does not expect: %q", odd)
	}
}

// Each error becomes the class that the SDK has for it.
func TestScopedErrorsByTheSDK(t *testing.T) {
	t.Parallel()
	server := startScoping(t)
	full := strings.Replace(scopedPolicy, "{", "{"+strings.Repeat(" ", 2048-len(scopedPolicy)), 1)
	got := scopeByJS(t, server,
		scopedInput{"DurationSeconds": 129600},
		scopedInput{"Policy": `{"Version"`},
		scopedInput{"Policy": full}, scopedInput{"again": true, "Policy": full}, scopedInput{"again": true, "Policy": full},
	)
	want := []string{"InsufficientSessionLifetimeException", "MalformedPolicyDocumentException", "", "", "PackedPolicyTooLargeException"}
	server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Error: "InvalidSubjectCredentials", Message: "no session"})
	got, want = append(got, scopeByJS(t, server, scopedInput{"DurationSeconds": 60})...), append(want, "InvalidSubjectCredentialsException")
	for i, a := range got {
		if a.Error != want[i] || a.Known != (want[i] != "") || (a.Message != "") != (want[i] != "") {
			t.Errorf("%d: %+v, want %s", i, a, want[i])
		}
	}
	server.Set(func(b *sandbox.Behaviour) { b.NoScopedCredentials = true })
	got = scopeByJS(t, server, scopedInput{"DurationSeconds": 60})
	if got[0].Error != "InvalidAction" {
		t.Errorf("%+v", got)
	}
}
