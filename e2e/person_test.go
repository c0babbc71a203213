package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/minio"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

// Exit codes of the product that the tests expect.
const (
	codeLoginNeeded        = 4
	codeKeyringUnavailable = 5
	codeNoSuchRole         = 6
)

// The roles of the access map. All three are the same role of the cloud: what tells them apart is the session policy,
// and ml-admin has none.
const (
	trainer = "ml-trainer"
	reader  = "ml-reader"
	admin   = "ml-admin"
)

const accessMap = `version: 1
contact: "#ml-platform"
identities:
  acme:
    issuer: %[1]s
    client_id: %[2]s
    groups_claim: groups
    groups:
      ml-scientists: [ml-trainer, ml-admin]
      analysts: [ml-reader]
datasets:
  churn:
    location: s3://acme-ml/churn/
  features:
    location: s3://acme-features/v2/
roles:
  ml-reader:
    aws: { role_arn: "%[3]s", region: us-east-1 }
    read: [features]
  ml-trainer:
    aws: { role_arn: "%[3]s", region: us-east-1 }
    read: [churn]
    write: [churn]
  ml-admin:
    aws: { role_arn: "%[3]s", region: us-east-1 }
`

// newLaptop is a laptop with the product on it and the stack within reach, before the access map is accepted.
func newLaptop(t *testing.T, s *stack) *laptop.Laptop {
	t.Helper()
	binary, err := product()
	if err != nil {
		t.Fatal(err)
	}
	l := laptop.New(t, binary)
	l.Canaries(t, s.secrets) // of which there are none where nobody signs in
	l.Set("AWS_ENDPOINT_URL_STS", s.minio.STSURL)
	l.Write(t, "map.yaml", fmt.Sprintf(accessMap, s.dex.Issuer, dex.ClientID, s.minio.RoleARN), 0o600)
	return l
}

// initialise takes the access map.
func initialise(t *testing.T, l *laptop.Laptop) {
	t.Helper()
	succeeded(t, l.Run(t, "init", "--from", l.Home+"/map.yaml", "--yes"))
}

var (
	verification = regexp.MustCompile(`http://127\.0\.0\.1:\d+(/dex)?/device`)
	userCode     = regexp.MustCompile(`\b[A-Z]{4}-[A-Z]{4}\b`)
)

// login signs a person in for a role: the product says where to go and which code to enter, the person does it.
func login(t *testing.T, l *laptop.Laptop, user dex.User, role string) laptop.Result {
	t.Helper()
	return loginWith(t, l, role, func(ctx context.Context, address, code string) error {
		return dex.Approve(ctx, address, code, user)
	})
}

// loginWith is login where approve is the person's part, at any provider.
func loginWith(
	t *testing.T, l *laptop.Laptop, role string, approve func(ctx context.Context, address, code string) error,
) laptop.Result {
	t.Helper()
	return startLogin(t, l, role).approve(t, approve)
}

// signIn is a login that has said where to go and which code to enter, and waits for the person.
type signIn struct {
	running       *laptop.Running
	address, code string
}

func startLogin(t *testing.T, l *laptop.Laptop, role string) *signIn {
	t.Helper()
	s := &signIn{running: l.StartProduct(t, "login", "--no-browser", "--role", role)}
	process.Eventually(t, time.Minute, "the verification address and the user code", func() bool {
		said := s.running.Stderr.String()
		s.address, s.code = verification.FindString(said), userCode.FindString(said)
		if s.running.Ended() && (s.address == "" || s.code == "") {
			t.Fatalf("login ended before it showed a code:\n%s", said)
		}
		return s.address != "" && s.code != ""
	})
	return s
}

// approve does the person's part and waits until they are signed in.
func (s *signIn) approve(t *testing.T, approve func(ctx context.Context, address, code string) error) laptop.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := approve(ctx, s.address, s.code); err != nil {
		t.Fatalf("approving: %v", err)
	}
	return succeeded(t, s.running.Wait())
}

// credentials asks the product for a role's, as an SDK does.
func credentials(t *testing.T, l *laptop.Laptop, role string) minio.Credentials {
	t.Helper()
	return answer(t, l.Run(t, "credential-process", "--role", role))
}

// answer reads what a credential process printed: one JSON object with the fields that AWS documents and no others.
func answer(t *testing.T, r laptop.Result) minio.Credentials {
	t.Helper()
	succeeded(t, r)
	var output struct {
		Version         int
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      time.Time
		AccountID       string `json:"AccountId"`
	}
	decoder := json.NewDecoder(strings.NewReader(r.Stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&output); err != nil || decoder.More() {
		t.Fatalf("stdout is not one JSON object of the contract: %v", err)
	}
	if output.Version != 1 || output.AccessKeyID == "" || output.SecretAccessKey == "" || output.SessionToken == "" {
		t.Fatalf("the answer is not complete: version %d, key %q", output.Version, output.AccessKeyID)
	}
	if !output.Expiration.After(time.Now()) {
		t.Fatalf("the answer has ended at %v", output.Expiration)
	}
	return minio.Credentials{
		AccessKeyID: output.AccessKeyID, SecretAccessKey: output.SecretAccessKey,
		SessionToken: output.SessionToken, Expiration: output.Expiration,
	}
}

func succeeded(t *testing.T, r laptop.Result) laptop.Result {
	t.Helper()
	if r.Code != 0 {
		t.Fatalf("exit code %d, want 0:\n%s", r.Code, r.Stderr)
	}
	return r
}

// faulted asserts an exit code, an empty stdout, and a message with a hint: what happened on the first line, what
// sets it right on indented ones.
func faulted(t *testing.T, r laptop.Result, code int) {
	t.Helper()
	if r.Code != code || r.Stdout != "" {
		t.Errorf("exit code %d, want %d and nothing on stdout:\n%s%s", r.Code, code, r.Stdout, r.Stderr)
	}
	if what, hint, _ := strings.Cut(strings.TrimSpace(r.Stderr), "\n"); what == "" || !strings.HasPrefix(hint, "  ") {
		t.Errorf("stderr has no message with a hint:\n%s", r.Stderr)
	}
}

// secrets are all that were issued so far.
func (s *stack) secrets() []string { return append(s.dex.Secrets(), s.minio.Secrets()...) }

// secretless asserts that none of the secrets that were issued is to be found in a text, whole or in part.
func (s *stack) secretless(t *testing.T, where, text string) {
	t.Helper()
	secrets := s.secrets()
	if len(secrets) == 0 {
		t.Fatal("no secret was issued, so that nothing can be looked for")
	}
	for _, secret := range secrets {
		if laptop.Holds(text, secret) {
			t.Errorf("%s holds a secret of %d characters", where, len(secret))
		}
	}
}
