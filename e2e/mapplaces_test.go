package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A map in a bucket is read with the credentials that the environment holds, signed as MinIO checks it; what they may not read
// and what is not there is told as that.
func TestAMapInABucket(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l, _ := signedIn(t, s)
	keys := credentials(t, l, trainer)
	text := l.Files(t)["map.yaml"]
	s.minio.Put(t, readBucket, "churn/access map.yaml", text)
	s.minio.Put(t, readBucket, "payroll/access-map.yaml", text)
	l.Set("AWS_ENDPOINT_URL_S3", s.minio.URL)
	l.Set("AWS_ACCESS_KEY_ID", keys.AccessKeyID)
	l.Set("AWS_SECRET_ACCESS_KEY", keys.SecretAccessKey)
	l.Set("AWS_SESSION_TOKEN", keys.SessionToken)
	const from = "s3://acme-ml/churn/access map.yaml"
	taken := succeeded(t, l.Run(t, "init", from, "--yes"))
	s.secretless(t, "init", taken.Stdout+taken.Stderr)
	if again := succeeded(t, l.Run(t, "init", "-o", "json")); !strings.Contains(again.Stdout, `"changed": false`) || !strings.Contains(again.Stdout, from) {
		t.Errorf("compared with the bucket: %s", again.Stdout)
	}
	s.minio.Put(t, readBucket, "churn/access map.yaml", strings.Replace(text, "write: [churn]", "", 1))
	if changed := succeeded(t, l.Run(t, "init")); !strings.Contains(changed.Stderr, "may no longer write churn") {
		t.Errorf("changed: %s", changed.Stderr)
	}
	for address, want := range map[string]string{
		"s3://acme-ml/payroll/access-map.yaml": "it takes s3:GetObject",
		"s3://acme-ml/churn/absent.yaml":       "absent.yaml",
		"s3://acme-nowhere/map.yaml":           "acme-nowhere",
	} {
		refused := l.Run(t, "init", address, "--yes")
		faulted(t, refused, 1)
		if !strings.Contains(refused.Stderr, want) {
			t.Errorf("%s: %s", address, refused.Stderr)
		}
		s.secretless(t, address, refused.Stderr)
	}
}

// A map in a repository over the real ssh and sshd: what ssh trusts and has keys for, and nothing that it would have to ask.
func TestAMapInARepositoryOverSSH(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l := newLaptop(t, s)
	home := startSSHD(t, l)
	repository := filepath.Join(home, "platform")
	text := l.Files(t)["map.yaml"]
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "/usr/bin/git", append([]string{"-c", "user.name=a", "-c", "user.email=a@b.c", "-C", repository}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "/usr/bin/git", "init", "-q", "-b", "main", repository).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(repository, "access-map.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	git("add", "-A")
	git("commit", "-q", "-m", "one")
	from := "git+ssh://far" + repository + "//access-map.yaml?ref=main"

	config := l.Files(t)["ssh_config"]
	l.Write(t, "ssh_config", strings.Replace(config, "accept-new", "yes", 1), 0o600)
	unknown := l.Run(t, "init", from, "--yes")
	faulted(t, unknown, 1)
	if !strings.Contains(unknown.Stderr, "does not know the host's key") || !strings.Contains(unknown.Stderr, "git ls-remote ssh://far/") {
		t.Errorf("an unknown host: %s", unknown.Stderr)
	}
	l.Write(t, "ssh_config", strings.Replace(config, "user-key", "host-key-that-is-not-there", 1), 0o600)
	stranger := l.Run(t, "init", from, "--yes")
	faulted(t, stranger, 1)
	if !strings.Contains(stranger.Stderr, "you are not signed in there") {
		t.Errorf("without a key: %s", stranger.Stderr)
	}
	l.Write(t, "ssh_config", config, 0o600)
	succeeded(t, l.Run(t, "init", from, "--yes"))
	write(strings.Replace(text, "write: [churn]", "", 1))
	git("commit", "-q", "-a", "-m", "two")
	if changed := succeeded(t, l.Run(t, "init")); !strings.Contains(changed.Stderr, "may no longer write churn") {
		t.Errorf("changed: %s", changed.Stderr)
	}
	for address, want := range map[string]string{
		"git+ssh://far" + repository + "//access-map.yaml?ref=nope": "no such branch",
		"git+ssh://far" + repository + "x//access-map.yaml":         "no such repository",
		"git+ssh://far" + repository + "//nope.yaml":                "has no file nope.yaml",
	} {
		refused := l.Run(t, "init", address, "--yes")
		faulted(t, refused, 1)
		if !strings.Contains(refused.Stderr, want) {
			t.Errorf("%s: %s", address, refused.Stderr)
		}
	}
}
