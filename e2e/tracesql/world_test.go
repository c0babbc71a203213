package tracesql

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/ship"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// begin is an hour before midnight, so that the record has two days.
var begin = time.Date(2026, 11, 28, 23, 0, 0, 0, time.UTC)

// span is how long records are made for, in minutes.
const span = 240

// world draws records and logs from few names, so that they meet. Most are of one person, and some contradict one another.
type world struct{ *rand.Rand }

func (w world) of(list ...string) string { return list[w.IntN(len(list))] }

// most is the one of a list that belongs to a person, and now and then another's.
func (w world) most(person int, list ...string) string {
	if w.IntN(12) == 0 {
		return w.of(list...)
	}
	return list[person%len(list)]
}

// people is how many there are.
const people = 5

// at is any time, or one at which a credential of the record begins or ends.
func (w world) at(records []audit.Record) time.Time {
	r := records[w.IntN(len(records))]
	switch n := w.IntN(8); {
	case n == 0 && !r.Expires.IsZero():
		return r.Expires.Truncate(time.Second).Add(time.Duration(w.IntN(2)) * time.Second)
	case n == 1:
		return r.Time.Truncate(time.Second).Add(-trace.JoinRules().Skew - time.Duration(w.IntN(2))*time.Second)
	}
	return begin.Add(time.Duration(w.IntN(span*60)) * time.Second)
}

// key is one of a person's; the first are of credentials, the last only what others were made of.
func (w world) key(person, from, until int) string {
	return fmt.Sprintf("ASIA%d%s", from+w.IntN(until-from), w.most(person, "A", "B", "C", "D", "E"))
}

func (w world) session(person int) string {
	return w.most(person, "alice@acme.example", "bob@acme.example", "carol", "Deploy", `o'hara\x`)
}

const sets = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_MLAdmin_0123456789abcdef"

func (w world) role(person int) string {
	return w.most(person, "arn:aws:iam::111122223333:role/ml-trainer", "arn:aws:iam::111122223333:role/ml-reader", sets)
}

// records are in the order of their times, as one machine writes them.
func (w world) records(n int) []audit.Record {
	list := make([]audit.Record, n)
	for i := range list {
		at := begin.Add(time.Duration(i) * span * time.Minute / time.Duration(n)).Add(time.Duration(w.IntN(999)) * time.Millisecond)
		p := w.IntN(people)
		r := audit.New(at, audit.Assume, audit.Who{
			Identity: w.most(p, "acme", "partner"), Issuer: w.most(p, "https://login.acme.example/", "https://partner.example"),
			Subject: w.most(p, "alice", "bob", "carol", "Deploy", `o'hara\x`),
		})
		r.Activity = audit.Activity(w.of(string(audit.Assume), string(audit.Assume), string(audit.Step), string(audit.Serve), string(audit.Vend), string(audit.Console), string(audit.Console), string(audit.SignIn)))
		r.Role, r.Group, r.Hostname, r.Run = w.most(p, "ml-trainer", "ml-reader"), w.of("ml-scientists", ""), w.of("laptop", "runner"), w.of("churn-1", "churn-2", "")
		r.Agent, r.Reason, r.SessionName = w.of("", "", "claude-code"), w.of("", `why "not", <so> é – 100%`), w.session(p)
		if w.IntN(8) > 0 {
			r.Expires = at.Add(time.Duration(1+w.IntN(60)) * time.Minute)
		}
		if w.IntN(10) == 0 {
			r.Refused = errors.New("no")
		}
		r.Name = w.of("", "", r.Subject+"@example.com", "né "+r.Subject)
		if r.Activity == audit.Serve && w.IntN(2) == 0 {
			r.Since, r.Count = at.Add(-time.Duration(w.IntN(30))*time.Minute), 3
		}
		if w.IntN(4) == 0 {
			r.Activity, r.Host, r.ServicePrincipal, r.WorkspaceID = audit.Exchange, "https://dbc-1.cloud.databricks.com", w.of("", "", "3f0c-sp"), w.of("", "7", "8")
			list[i] = r
			continue
		}
		if w.IntN(5) > 0 {
			r.AccessKeyID = w.key(p, 0, 8)
		}
		if w.IntN(4) == 0 {
			r.ParentAccessKeyID = w.key(p, 4, 12)
		}
		if w.IntN(3) == 0 {
			r.SourceIdentity = w.most(p, "al", "bo", "ca", "de", "oh")
		}
		if r.RoleARN = w.role(p); w.IntN(6) == 0 {
			r.RoleARN, r.PermissionSet = "", "111122223333/MLAdmin"
		}
		list[i] = r
	}
	return list
}

// cloudTrail are entries as CloudTrail writes them, some of them several times.
func (w world) cloudTrail(n int, records []audit.Record) []map[string]any {
	list := make([]map[string]any, 0, n)
	for i := range n {
		p := w.IntN(people)
		role, session := w.role(p), w.session(p)
		if w.IntN(10) == 0 {
			session = "mallory"
		}
		end := session
		if w.IntN(12) == 0 {
			end = w.session(w.IntN(people))
		}
		issuer := map[string]any{"type": "Role", "arn": role}
		context := map[string]any{"sessionIssuer": issuer, "attributes": map[string]any{"mfaAuthenticated": "false"}}
		user := map[string]any{
			"type": "AssumedRole", "principalId": "AROAEXAMPLE:" + end,
			"arn": "arn:aws:sts::111122223333:assumed-role/" + role[strings.LastIndexByte(role, '/')+1:] + "/" + session, "sessionContext": context,
		}
		switch w.IntN(4) {
		case 0:
			user["accessKeyId"] = w.key(p, 0, 14)
		case 1:
			user["accessKeyId"] = ""
		case 2:
			user["accessKeyId"] = fmt.Sprintf("ASIAOTHER%d", w.IntN(5))
		}
		if w.IntN(3) == 0 {
			context["sourceIdentity"] = w.most(p, "al", "bo", "ca", "de", "oh", "eve")
		}
		if w.IntN(3) == 0 {
			origin := map[string]any{"subject": w.most(p, "alice", "bob", "alice", "bob", "alice", "eve")}
			if w.IntN(2) == 0 {
				origin["issuer"] = w.most(p, "login.acme.example", "https://partner.example/", "login.acme.example", "partner.example", "evil.example")
			}
			if w.IntN(2) == 0 {
				context["originIdentity"] = origin
			} else {
				user["originIdentity"] = origin
			}
		}
		if w.IntN(20) == 0 {
			user = map[string]any{"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"}
		}
		entry := map[string]any{
			"eventTime": w.at(records).Format(time.RFC3339), "eventSource": "s3.amazonaws.com", "awsRegion": "eu-west-1", "sourceIPAddress": "192.0.2.7",
			"eventName": w.of("GetObject", "GetObject", "HeadObject", "ListObjects", "PutObject", "DeleteObject", "CopyObject", "UploadPart", "AbortMultipartUpload", "GetBucketAcl", "SelectObjectContent"),
			"eventID":   fmt.Sprintf("%08x-e171-4cef-975a-ad829d4123e8", i), "recipientAccountId": "111122223333", "userIdentity": user,
			"additionalEventData": map[string]any{"bytesTransferredIn": w.IntN(1000), "bytesTransferredOut": float64(w.IntN(1000)), "x": "y"},
		}
		bucket, key := w.of("acme-ml", "acme-ml", "acme'ml"), w.of("churn/a", "churn/labels/b", "other/c", `o'dd\/d`, "churn")
		request := map[string]any{"bucketName": bucket, "key": key, "Host": "acme-ml.s3.amazonaws.com"}
		if entry["eventName"] == "ListObjects" {
			request = map[string]any{"bucketName": bucket, "prefix": key}
		}
		if w.IntN(8) == 0 {
			request["x-amz-copy-source"] = w.of("/acme-ml/churn/a%20b?versionId=1", "acme-ml/churn/labels/b+c", "%2Facme-ml/x", "acme-ml")
		}
		if w.IntN(8) == 0 {
			request["bucketName"] = w.of("arn:aws:s3:eu-west-1:111122223333:accesspoint/ml", "ml-abc-s3alias", "")
			entry["resources"] = []any{
				map[string]any{"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::acme-ml", "accountId": "111122223333"},
				map[string]any{"type": "AWS::S3::Object", "ARN": w.of("arn:aws:s3:::acme-ml/churn/labels/z", "arn:aws:s3:eu-west-1:1:accesspoint/ml/object")},
			}
		}
		entry["requestParameters"] = request
		switch w.IntN(20) {
		case 0:
			entry["errorCode"] = "AccessDenied"
		case 1:
			entry["sharedEventID"] = fmt.Sprintf("%08x-aaaa-4cef-975a-ad829d4123e8", i)
		case 2:
			entry["eventTime"] = w.of("", "yesterday", "2026-13-01T00:00:00Z")
		case 3:
			entry["eventSource"] = "kms.amazonaws.com"
		case 4:
			entry["additionalEventData"] = map[string]any{}
		case 5:
			delete(entry, "requestParameters")
		}
		list = append(list, entry)
		switch w.IntN(12) {
		case 0:
			list = append(list, entry)
		case 1: // a later one that says it is the same
			if at, err := time.Parse(time.RFC3339, entry["eventTime"].(string)); err == nil && i > 0 {
				forged := maps.Clone(entry)
				forged["eventTime"], forged["userIdentity"] = at.Add(time.Minute).Format(time.RFC3339), list[0]["userIdentity"]
				list = append(list, forged)
			}
		}
	}
	return list
}

// audit are rows of system.access.audit.
func (w world) audit(n int, records []audit.Record) []map[string]any {
	list := make([]map[string]any, 0, n)
	for i := range n {
		at := w.at(records).Add(time.Duration(w.IntN(999)) * time.Millisecond)
		row := map[string]any{
			"event_time": at.Format("2006-01-02T15:04:05.000Z"), "event_date": at.Format(time.DateOnly), "event_id": fmt.Sprint("event-", i), "workspace_id": w.of("7", "8", "0"),
			"service_name": "unityCatalog", "source_ip_address": "192.0.2.8",
			"action_name":   w.of("generateTemporaryTableCredential", "getTable", "deleteTable", "createTable", "updateVolume", "generateTemporaryPathCredential"),
			"user_identity": map[string]any{"email": w.of("alice", "BOB", "carol", "deploy", `o'hara\x`, "eve", ""), "subject_name": w.of("", "alice")},
			"response":      map[string]any{"status_code": []int{200, 200, 403}[w.IntN(3)]},
		}
		if w.IntN(4) == 0 {
			row["user_identity"] = map[string]any{"email": "3F0C-SP"}
		}
		params := map[string]any{"workspace_id": "1"}
		for _, p := range [][]string{
			{"table_full_name", "main.ml.churn", ""}, {"name_arg", "main.ml.vol", ""}, {"operation", "READ", "READ_WRITE", ""}, {"requested_access", "WRITE"},
			{"url", "s3://acme-ml/churn/x", "s3://acme-ml", "", "dbfs:/x"}, {"path", "s3://acme'ml/o'dd\\/y", "s3://acme-ml/churn/labels/q"},
		} {
			if w.IntN(3) == 0 {
				params[p[0]] = w.of(p[1:]...)
			}
		}
		row["request_params"] = params
		if w.IntN(30) == 0 {
			delete(row, "event_time")
		}
		list = append(list, row)
		switch w.IntN(12) {
		case 0:
			list = append(list, row)
		case 1:
			if row["event_time"] != nil {
				forged := maps.Clone(row)
				forged["event_time"], forged["user_identity"] = at.Add(time.Minute).Format("2006-01-02T15:04:05.000Z"), list[0]["user_identity"]
				list = append(list, forged)
			}
		}
	}
	return list
}

// shipped writes records down and has the sink of a bucket send them, which lies in the directory that is returned.
func shipped(t *testing.T, records []audit.Record) (dir string, back []audit.Record) {
	t.Helper()
	dir = t.TempDir()
	bucket := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		path := filepath.Join(dir, filepath.FromSlash(r.URL.Path))
		body, err := io.ReadAll(r.Body)
		err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, body, 0o600))
		if err != nil || r.Method != http.MethodPut {
			t.Error(r.Method, err)
		}
		out.Header().Set("ETag", `"x"`)
	}))
	t.Cleanup(bucket.Close)
	sink, err := ship.Open(ship.Options{
		Name: "archive", Type: ship.S3, URL: "s3://acme-audit/record/", Region: "eu-west-1", Partition: ship.ByDay, Endpoint: bucket.URL, Now: time.Now,
		Getenv: func(string) string { return "" },
		Keys: func(context.Context) (*credential.AWS, error) {
			return &credential.AWS{AccessKeyID: "ASIA1", SecretAccessKey: secret.New("x"), SessionToken: secret.New("y")}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	head := audit.Head{Chain: "e2e", Hash: strings.Repeat("0", 64)}
	entries := make([]audit.Entry, 0, len(records))
	for _, r := range records {
		line, next, err := audit.Encode(r, audit.Link{Chain: head.Chain, Sequence: head.Sequence + 1, Prev: head.Hash}, "v1.2.3", key)
		if err != nil {
			t.Fatal(err)
		}
		entry, err := audit.Decode(line)
		if err != nil {
			t.Fatal(err)
		}
		head, entries, back = next, append(entries, entry), append(back, entry.Record)
	}
	for _, part := range [][]audit.Entry{entries[:len(entries)/3], entries[len(entries)/3:], entries[:7]} { // the last comes twice
		if _, err := sink.Send(t.Context(), part); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "acme-audit", "record"), back
}

// hive is an entry as Athena's reader of CloudTrail has it: names in small letters, and what differs by service as text.
func hive(t *testing.T, entry map[string]any) string {
	t.Helper()
	row := lower(entry).(map[string]any)
	for _, name := range []string{"requestParameters", "additionalEventData"} {
		if value, ok := entry[name]; ok {
			row[strings.ToLower(name)] = text(t, value)
		}
	}
	row["day"] = "2026/11/28"
	return text(t, row)
}

func lower(value any) any {
	switch v := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for name, inner := range v {
			all[strings.ToLower(name)] = lower(inner)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = lower(v[i])
		}
		return all
	}
	return value
}

func text(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
