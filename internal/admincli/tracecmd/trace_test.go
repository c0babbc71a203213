package tracecmd

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var update = flag.Bool("update", false, "rewrite golden files")

var morning = time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)

const theMap = `
version: 1
identities:
  acme: { issuer: https://login.acme.example, client_id: c, groups: { ml-scientists: [ml-trainer] } }
datasets:
  churn: { location: s3://acme-ml/churn/ }
  labels: { location: s3://acme-ml/labels/ }
roles:
  ml-trainer: { aws: { role_arn: arn:aws:iam::111122223333:role/ml-trainer, region: us-east-1 }, read: [churn, labels] }
`

// setting is a directory with a map and a record of two people's credentials.
type setting struct {
	t        *testing.T
	dir      string
	env      map[string]string
	key      string // of the record
	typed    string // at a terminal, where there is one
	out, err bytes.Buffer
}

func newSetting(t *testing.T) *setting {
	s := &setting{t: t, dir: t.TempDir(), env: map[string]string{}}
	s.write("map.yaml", []byte(theMap))
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.key = chain.Text(public)
	var lines []byte
	link := audit.Link{Chain: "test", Sequence: 1, Prev: strings.Repeat("0", 64)}
	for _, who := range []struct{ person, key, run string }{{"alice", "ASIAALICE00000000001", "churn-1"}, {"bob <b>", "ASIABOB0000000000001", "=nightly"}} {
		r := audit.New(morning, audit.Assume, audit.Who{Identity: "acme", Issuer: "https://login.acme.example", Subject: who.person})
		r.AccessKeyID, r.Role, r.RoleARN, r.Group, r.Run, r.Hostname = who.key, "ml-trainer", "arn:aws:iam::111122223333:role/ml-trainer", "ml-scientists", who.run, "laptop"
		r.Expires, r.SessionName, r.Name = morning.Add(36*time.Hour), who.person, who.person+"@acme.example"
		line, head, err := audit.Encode(r, link, "v0.0.0", key)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, line...), '\n')
		link = audit.Link{Chain: "test", Sequence: head.Sequence + 1, Prev: head.Hash}
	}
	s.write("record/record-000001.jsonl", lines)
	return s
}

func (s *setting) path(name string) string { return filepath.Join(s.dir, name) }

func (s *setting) write(name string, data []byte) {
	s.t.Helper()
	err := os.MkdirAll(filepath.Dir(s.path(name)), 0o700)
	if err == nil {
		err = os.WriteFile(s.path(name), data, 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// run runs the command, on the setting's map and record.
func (s *setting) run(ctx context.Context, args ...string) error {
	s.out.Reset()
	s.err.Reset()
	env := cli.NewEnv(cli.Process{
		Streams: &ui.Streams{In: strings.NewReader(s.typed), Out: &s.out, Err: &s.err, Interactive: s.typed != ""}, Getenv: func(name string) string { return s.env[name] },
		Now: func() time.Time { return morning.Add(48 * time.Hour) }, Version: cli.Version{Number: "v0.0.0"},
	})
	cmd := New(env)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	args = append([]string{"--map", s.path("map.yaml")}, args...)
	if !slices.Contains(args, "--sql") {
		args = append([]string{"--record", s.path("record")}, args...)
		if s.key != "" {
			args = append([]string{"--key", s.key}, args...)
		}
	}
	cmd.SetArgs(args)
	return cmd.ExecuteContext(ctx)
}

// entry is one of CloudTrail.
func entry(n int, key, person, operation, object string, at time.Time, size int) string {
	return fmt.Sprintf(`{"userIdentity":{"type":"AssumedRole","principalId":"AROA1:%[3]s","arn":"arn:aws:sts::111122223333:assumed-role/ml-trainer/%[3]s","accessKeyId":"%[2]s","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/ml-trainer"}}},"eventTime":"%[4]s","eventSource":"s3.amazonaws.com","eventName":"%[5]s","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7","requestParameters":{"bucketName":"acme-ml","key":"%[6]s"},"additionalEventData":{"bytesTransferredOut":%[7]d},"eventID":"%08[1]d-e171-4cef-975a-ad829d4123e8"}`,
		n, key, person, at.Format(time.RFC3339), operation, object, size)
}

// trail is a log of two days.
func trail() []byte {
	var entries []string
	for i := range 60 {
		entries = append(entries, entry(i, "ASIAALICE00000000001", "alice", "GetObject", "churn/part-1", morning.Add(time.Duration(i*i)*20*time.Second), 1<<20+i))
	}
	for i := range 9 {
		entries = append(entries, entry(100+i, "ASIABOB0000000000001", "bob", "GetObject", "labels/=cmd", morning.Add(time.Duration(20+i)*time.Hour), 4096))
	}
	entries = append(entries, entry(200, "ASIABOB0000000000001", "bob", "PutObject", "labels/1", morning.Add(time.Hour), 0),
		entry(201, "ASIAALICE00000000001", "alice", "GetObject", "churn/late", morning.Add(37*time.Hour), 1), entry(202, "ASIAOTHER", "eve", "GetObject", "churn/x\\u001b[31m", morning, 1))
	return packed(`{"Records":[` + strings.Join(entries, ",") + `]}`)
}

func packed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

func TestEachAccessIsTold(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	s.write("logs/1.json.gz", trail())
	s.write("logs/CloudTrail-Digest/1.json.gz", packed("{}"))
	s.write("logs/notes.txt", []byte("x"))
	if err := s.run(t.Context(), "--cloudtrail", s.path("logs"), "-o", "json"); err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Accesses  []trace.Access `json:"accesses"`
		NotJoined []notJoined    `json:"not_joined"`
		People    []personSum    `json:"people"`
		Grants    []grantSum     `json:"grants"`
	}
	if err := json.Unmarshal(s.out.Bytes(), &answer); err != nil {
		t.Fatal(err, s.out.String())
	}
	if len(answer.Accesses) != 72 || len(answer.NotJoined) != 2 || len(answer.People) != 2 || len(answer.Grants) != 3 || answer.People[0].Person != "alice" ||
		answer.People[0].Name != "alice@acme.example" {
		t.Errorf("%d accesses, %+v, %+v, %+v", len(answer.Accesses), answer.NotJoined, answer.People, answer.Grants)
	}
	if a := answer.Accesses[0]; a.Person != "alice" || a.Name != "alice@acme.example" || a.Run != "churn-1" || a.Host != "laptop" || a.Role != "ml-trainer" || a.Rule != "ml-scientists" || a.Bytes == nil || *a.Bytes != 1<<20 {
		t.Errorf("%+v", a)
	}
	if err := s.run(t.Context(), "--cloudtrail", s.path("logs"), "-o", "csv"); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(s.out.Bytes())).ReadAll()
	if err != nil || len(rows) != 73 || strings.ContainsRune(s.out.String(), '\x1b') {
		t.Fatal(err, len(rows))
	}
	if bob := rows[61]; bob[2] != "bob <b>" || bob[3] != "bob <b>@acme.example" || bob[5] != "'=nightly" || bob[9] != "labels" {
		t.Errorf("%q", bob)
	}
	if err := s.run(t.Context(), "--cloudtrail", s.path("logs/1.json.gz")); err != nil || !strings.Contains(s.out.String(), "70 of 72 accesses joined, of 72 entries in 1 file.") ||
		!strings.Contains(s.out.String(), "\nalice@acme.example ") {
		t.Error(err, s.out.String())
	}
}

func TestTheReport(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	s.write("1.json.gz", trail())
	if err := s.run(t.Context(), "--cloudtrail", s.path("1.json.gz"), "-o", "html"); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/report.html"
	if *update {
		if err := os.WriteFile(golden, s.out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(want, s.out.Bytes()) {
		t.Errorf("the report is another; look at it and run go test ./internal/admincli/tracecmd -update: %v", err)
	}
	if bytes.Contains(s.out.Bytes(), []byte("<b>")) || bytes.Contains(s.out.Bytes(), []byte("<script")) {
		t.Error("a name is more than text")
	}
}

func TestWhatIsDamagedIsToldAndTheRestIsKept(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	whole := trail()
	s.write("1.json.gz", whole)
	s.write("2.json.gz", whole[:len(whole)/2])
	err := s.run(t.Context(), "--cloudtrail", s.path("1.json.gz"), "--cloudtrail", s.path("2.json.gz"))
	if ui.IDOf(err) != "trace-incomplete" || !strings.Contains(s.out.String(), "70 of 72 accesses joined") || !strings.Contains(s.err.String(), "2.json.gz was read up to entry") {
		t.Error(err, s.out.String(), s.err.String())
	}
	for args, id := range map[string]ui.ID{
		"":                               "trace-logs-none",
		"--cloudtrail " + s.path("gone"): "trace-file-unreadable",
		"--cloudtrail " + s.dir + "/record --databricks " + s.path("1.json.gz"): "trace-files-none",
		"--cloudtrail " + s.path("1.json.gz") + " --record " + s.path("none"):   "trace-record-none",
		"--cloudtrail s3:///x": "trace-address-invalid",
	} {
		s.env = map[string]string{"AWS_ACCESS_KEY_ID": "ASIAX", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
		if err := s.run(t.Context(), strings.Fields(args)...); ui.IDOf(err) != id {
			t.Errorf("%s: %v", args, err)
		}
	}
	if err := checkNumber(mostFiles + 1); ui.IDOf(err) != "trace-files-many" || checkNumber(mostFiles) != nil {
		t.Error(err)
	}
	s.write("empty/x", nil)
	cmd := []string{"--cloudtrail", s.path("1.json.gz")}
	s.write("record/record-000001.jsonl", nil)
	if err := s.run(t.Context(), cmd...); ui.IDOf(err) != "trace-record-empty" {
		t.Error(err)
	}
}

func TestTheWorkIsResumed(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	s.write("1.json.gz", trail())
	args := []string{"--cloudtrail", s.path("1.json.gz"), "--resume", s.path("state"), "-o", "csv"}
	if err := s.run(t.Context(), args...); err != nil || strings.Count(s.out.String(), "\n") != 73 {
		t.Fatal(err, s.out.String())
	}
	if err := s.run(t.Context(), args...); err != nil || strings.Count(s.out.String(), "\n") != 1 || !strings.Contains(s.err.String(), "70 of 72") {
		t.Error(err, s.out.String(), s.err.String())
	}
	if err := s.run(t.Context(), append(args, "-o", "html")...); ui.IDOf(err) != "trace-state-other" {
		t.Error(err)
	}
	if err := s.run(t.Context(), append(args, "-o", "json")...); ui.IDOf(err) != "trace-resume-json" {
		t.Error(err)
	}
	record, err := os.ReadFile(s.path("record/record-000001.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := bytes.Cut(record, []byte{'\n'})
	s.write("record/record-000001.jsonl", append(first, '\n'))
	if err := s.run(t.Context(), args...); ui.IDOf(err) != "trace-state-other" { // another record
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.run(ctx, args[:2]...); ui.IDOf(err) != "trace-interrupted" {
		t.Error(err)
	}
}

// S3 is asked for a list, page by page, and for each object as it was listed.
func TestFilesInS3(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	data := trail()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "ASIAX/") || r.Header.Get("X-Amz-Security-Token") != "t" {
			t.Errorf("not signed: %v", r.Header)
		}
		switch {
		case strings.TrimSuffix(r.URL.Path, "/") == "/acme-trail" && r.URL.Query().Get("continuation-token") == "":
			fmt.Fprint(w, `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken><Contents><Key>AWSLogs/readme.txt</Key></Contents></ListBucketResult>`)
		case strings.TrimSuffix(r.URL.Path, "/") == "/acme-trail":
			fmt.Fprint(w, `<ListBucketResult><Contents><Key>AWSLogs/1.json.gz</Key><ETag>"e"</ETag></Contents></ListBucketResult>`)
		case strings.TrimSuffix(r.URL.Path, "/") == "/cut":
			fmt.Fprint(w, `<ListBucketResult><Contents><Key>AWSLogs/1`)
		case r.URL.Path == "/acme-trail/AWSLogs/1.json.gz" && r.Header.Get("If-Match") == `"e"`:
			_, _ = w.Write(data)
		default:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`)
		}
	}))
	defer server.Close()
	s.env = map[string]string{"AWS_ACCESS_KEY_ID": "ASIAX", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "AWS_ENDPOINT_URL_S3": server.URL}
	if err := s.run(t.Context(), "--cloudtrail", "s3://acme-trail/AWSLogs/"); err != nil || !strings.Contains(s.out.String(), "70 of 72 accesses joined") {
		t.Error(err, s.out.String())
	}
	for from, id := range map[string]ui.ID{"s3://other/x": "trace-s3-refused", "s3://cut/x": "trace-s3-unreadable"} {
		if err := s.run(t.Context(), "--cloudtrail", from); ui.IDOf(err) != id {
			t.Errorf("%s: %s: %v", from, ui.IDOf(err), err)
		}
	}
}
