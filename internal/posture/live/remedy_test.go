//go:build linux

package live

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/posture"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What a finding has typed takes it away: each command that changes something is done, one finding at a time, until none is left.
func TestRemediesMend(t *testing.T) {
	t.Parallel()
	script, err := txtar.ParseFile(filepath.Join("..", "..", "..", "cmd", "dbxaccess", "testdata", "script", "posture.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, file := range script.Files {
		files[file.Name] = string(file.Data)
	}
	m, err := accessmap.Parse("ml.yaml", []byte(files["ml.yaml"]))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		estate string
		mended []ui.ID // by commands of their own: one command may take away several findings
	}{
		"all wrong": {files["wrong.json"], []ui.ID{
			"posture-block", "posture-encryption", "posture-key-rotation", "posture-let-in", "posture-not-logged", "posture-plain-http", "posture-public",
			"posture-trail-not-validated", "posture-versioning",
		}},
		"bucket key, disabled key, stopped trail": {strings.NewReplacer(
			`"BucketKeyEnabled": true`, `"BucketKeyEnabled": false`, `"KeyRotationEnabled": true`, `"KeyRotationEnabled": true, "KeyState": "Disabled"`,
			`"IsLogging": true`, `"IsLogging": false`).Replace(files["right.json"]), []ui.ID{"posture-bucket-key", "posture-key-unusable", "posture-not-logged"}},
		"access control lists": {strings.Replace(files["right.json"], "BucketOwnerEnforced", "ObjectWriter", 1), []ui.ID{"posture-acl"}},
		"key to be deleted": {strings.Replace(files["right.json"], `"KeyRotationEnabled": true`, `"KeyRotationEnabled": true, "KeyState": "PendingDeletion"`, 1),
			[]ui.ID{"posture-key-unusable"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRemedied(t, m, c.estate)
			var mended []ui.ID
			for range 50 {
				findings := w.findings(t)
				at := slices.IndexFunc(findings, func(f posture.Finding) bool { return len(changing(f)) > 0 })
				if at < 0 {
					break
				}
				f := findings[at]
				for _, command := range changing(f) {
					w.do(t, command)
				}
				if slices.ContainsFunc(w.findings(t), func(o posture.Finding) bool { return o.ID == f.ID && o.Resource == f.Resource && o.What == f.What }) {
					t.Fatalf("%s of %s is there after %q", f.ID, f.Resource, changing(f))
				}
				mended = append(mended, f.ID)
			}
			slices.Sort(mended)
			if mended = slices.Compact(mended); !slices.Equal(mended, c.mended) {
				t.Errorf("%v are mended by commands of their own, want %v", mended, c.mended)
			}
		})
	}
}

// changing are the commands of a finding that change something.
func changing(f posture.Finding) (commands []string) {
	for _, step := range f.Fix {
		if step.Copied && strings.HasPrefix(step.Text, "aws ") && !strings.Contains(step.Text, " get-") && !strings.Contains(step.Text, " list-") {
			commands = append(commands, step.Text)
		}
	}
	return commands
}

var signingKeys = sync.OnceValues(sandbox.NewKeys)

// remedied is an estate that is read, changed by commands, and read again.
type remedied struct {
	m        *accessmap.Map
	accounts *live.Accounts
	r        *reader
	o        Options
}

func newRemedied(t *testing.T, m *accessmap.Map, estate string) *remedied {
	t.Helper()
	keys, err := signingKeys()
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.Start(t.Context(), sandbox.Options{Keys: keys.Copy()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Close()
		for _, unexpected := range server.Unexpected() {
			t.Error(unexpected)
		}
	})
	held, err := sandbox.ReadEstate([]byte(estate))
	if err != nil {
		t.Fatal(err)
	}
	server.Settle(held)
	named := map[string]string{"AWS_ENDPOINT_URL_S3_CONTROL": server.S3ControlURL()}
	for _, v := range server.DataURLs() {
		name, value, _ := strings.Cut(v, "=")
		named[name] = value
	}
	client, own := httpclient.New(httpclient.Options{Timeout: 10 * time.Second}), server.AWSEnv()
	waiting := func(string) func() { return func() {} }
	accounts, err := live.Open(t.Context(), Accounts(m, []string{"churn", "features"}), live.Options{
		HTTP: client, Progress: waiting, STS: &sts.Client{HTTP: client, Endpoint: server.STSURL(), S3ControlEndpoint: server.S3ControlURL(), Now: time.Now}, Own: true,
		Sources: []live.Source{{Name: "this machine", Region: "eu-central-1", Get: func(context.Context) (*sts.Credentials, error) {
			return &sts.Credentials{
				AccessKeyID: own["AWS_ACCESS_KEY_ID"], SecretAccessKey: secret.New(own["AWS_SECRET_ACCESS_KEY"]), SessionToken: secret.New(own["AWS_SESSION_TOKEN"]),
			}, nil
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &remedied{m: m, accounts: accounts, o: Options{HTTP: client, Getenv: func(name string) string { return named[name] }, Progress: waiting}}
	w.r = &reader{o: w.o, endpoints: map[service]string{}}
	for s, of := range services {
		w.r.endpoints[s] = strings.TrimSuffix(named[of.variable], "/")
	}
	return w
}

func (w *remedied) findings(t *testing.T) []posture.Finding {
	t.Helper()
	datasets := []string{"churn", "features"}
	seen, err := Read(t.Context(), w.m, datasets, w.accounts, w.o)
	if err != nil {
		t.Fatal(err)
	}
	return posture.Compare(w.m, "", datasets, seen, time.Now())
}

// do does what the AWS CLI does for a command line, with the words that a shell makes of it.
func (w *remedied) do(t *testing.T, line string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", `aws() { printf '%s\n' "$@"; }; `+line).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	words := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(words) < 3 {
		t.Fatalf("%s is no command of the AWS CLI", line)
	}
	options := make(map[string]string)
	for i := 2; i < len(words); i++ {
		name, is := strings.CutPrefix(words[i], "--")
		if !is {
			t.Fatalf("%s: %s is no option", line, words[i])
		}
		options[name] = ""
		if i+1 < len(words) && !strings.HasPrefix(words[i+1], "--") {
			i++
			options[name] = words[i]
		}
	}
	take := func(name string) *string {
		value, is := options[name]
		if !is {
			t.Fatalf("%s has no --%s", line, name)
		}
		delete(options, name)
		return &value
	}
	region := *take("region")
	switch operation := words[1]; words[0] {
	case "s3api":
		err = w.s3(t, region, operation, take)
	case "kms":
		c := caller{w.accounts.Sessions()[0], kmsService, region}
		err = onKey(t.Context(), kms.New(kms.Options{
			Region: region, HTTPClient: w.r.sender(c), Retryer: aws.NopRetryer{}, Credentials: c.credentials(), BaseEndpoint: aws.String(w.r.endpoints[kmsService]),
		}), operation, take("key-id"))
	case "cloudtrail":
		c := caller{w.accounts.Sessions()[0], trailService, region}
		err = onTrail(t, cloudtrail.New(cloudtrail.Options{
			Region: region, HTTPClient: w.r.sender(c), Retryer: aws.NopRetryer{}, Credentials: c.credentials(), BaseEndpoint: aws.String(w.r.endpoints[trailService]),
		}), operation, take)
	default:
		t.Fatalf("%s: not known here", line)
	}
	if err != nil || len(options) > 0 {
		t.Fatalf("%s: %v, with %v left", line, err, options)
	}
}
