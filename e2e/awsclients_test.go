package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

// awsClients are the command lines of programs that read an object of S3, by the client that they use. More words follow:
// endpoint, bucket, key, and the file that ends them.
func awsClients(t *testing.T) map[string][]string {
	t.Helper()
	goClient, err := awsGo()
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal(err)
	}
	script := func(path string) string {
		absolute, err := filepath.Abs(filepath.Join("clients", path))
		if err != nil {
			t.Fatal(err)
		}
		return absolute
	}
	python := func(client string) []string { return []string{"/usr/bin/python3", script("python/reader.py"), client} }
	return map[string][]string{
		"go":     {goClient},
		"js":     {"/usr/bin/env", "NODE_PATH=" + tools.NodeModules, node, script("node/reader.js")},
		"boto3":  python("boto3"),
		"awscli": python("awscli"),
		"rclone": python("rclone"),
	}
}

// tally is what each of them prints at its end.
type tally struct {
	Reads, Failures int
	Error           string // the first
}

func tallyOf(t *testing.T, r laptop.Result) tally {
	t.Helper()
	succeeded(t, r)
	var counted tally
	if err := json.Unmarshal([]byte(r.Stdout), &counted); err != nil {
		t.Fatalf("%v: %q", err, r.Stdout)
	}
	return counted
}

// reading is a program that reads an object of its own under exec until the test has seen enough.
type reading struct {
	s       *stack
	key     string
	running *laptop.Running
	stop    func()
}

const readBucket = "acme-ml"

// startReading starts a client, which may run for so long, under an exec of its own.
func startReading(t *testing.T, s *stack, l *laptop.Laptop, name string, timeout time.Duration, client ...string) *reading {
	t.Helper()
	r := &reading{s: s, key: "churn/" + name + ".csv"}
	s.minio.Put(t, readBucket, r.key, "read by "+name+"\n")
	stop := "stop-" + name
	r.stop = func() { l.Write(t, stop, "", 0o600) }
	line := append([]string{"exec", trainer, "--"}, client...)
	r.running = l.StartLong(t, timeout, append(line, s.minio.S3URL, readBucket, r.key, filepath.Join(l.Home, stop))...)
	return r
}

// expiries counts the access keys that the program has used and that have ended since.
func (r *reading) expiries() int {
	ends := map[string]time.Time{}
	for _, c := range r.s.minio.Issued() {
		ends[c.AccessKeyID] = c.Expiration
	}
	ended := map[string]bool{}
	for _, read := range r.s.minio.Reads(readBucket, r.key) {
		if end, ok := ends[read.AccessKeyID]; ok && end.Before(time.Now()) {
			ended[read.AccessKeyID] = true
		}
	}
	return len(ended)
}

// finish ends the program, and asserts that no read failed, neither by its own count nor by the server's.
func (r *reading) finish(t *testing.T) {
	t.Helper()
	r.stop()
	result := r.running.Wait()
	if counted := tallyOf(t, result); counted.Failures != 0 || counted.Reads == 0 {
		t.Errorf("%s: %d reads, %d failed, the first: %s\nexec said:\n%s",
			r.key, counted.Reads, counted.Failures, counted.Error, result.Stderr)
	}
	refused := 0
	for _, read := range r.s.minio.Reads(readBucket, r.key) {
		if read.Status >= 400 {
			refused++
		}
	}
	if refused != 0 {
		t.Errorf("%s: the server refused %d requests", r.key, refused)
	}
}

// loseLogin signs the person out beside running programs and in again when all of them have said that they can't renew,
// which they do when half of the life of what they have is over. The new login waits for the person by then.
func loseLogin(t *testing.T, l *laptop.Laptop, readings ...*reading) {
	t.Helper()
	const remedy = "dbxaccess login"
	before := map[*reading]int{}
	for _, r := range readings {
		before[r] = strings.Count(r.running.Stderr.String(), remedy)
	}
	succeeded(t, l.Run(t, "logout"))
	found := startLogin(t, l, trainer)
	for _, r := range readings {
		process.Eventually(t, soakLife, r.key+": word that a login is needed", func() bool {
			return strings.Count(r.running.Stderr.String(), remedy) > before[r]
		})
	}
	found.approve(t, func(ctx context.Context, address, code string) error {
		return dex.Approve(ctx, address, code, dex.Alice)
	})
}

// What is left on a laptop of other ways to sign in, in files and in the environment, does not win over the role.
func TestAWSClientsTakeTheRole(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l, _ := signedIn(t, s)
	const keys = "[%s]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = of-nobody\nregion = eu-west-1\n"
	l.Write(t, ".aws/credentials", fmt.Sprintf(keys+keys, "default", "other"), 0o600)
	token := l.Write(t, "token", "of nobody", 0o600)
	for name, value := range map[string]string{
		"AWS_PROFILE": "other", "AWS_DEFAULT_PROFILE": "other",
		"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "of-nobody", "AWS_SESSION_TOKEN": "of-nobody",
		"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/of-nobody",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/of-nobody",
	} {
		l.Set(name, value)
	}
	for name, client := range awsClients(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startReading(t, s, l, name, laptop.Timeout, client...)
			r.finish(t)
			issued := map[string]bool{}
			for _, c := range s.minio.Issued() {
				issued[c.AccessKeyID] = true
			}
			for _, read := range s.minio.Reads(readBucket, r.key) {
				if !issued[read.AccessKeyID] {
					t.Errorf("it signed with %s, which is none of the role's keys", read.AccessKeyID)
				}
			}
		})
	}
}
