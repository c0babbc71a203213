package main

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// exampleRecord is the record that docs/audit.md and the scripts show: a week of two people and a job.
func exampleRecord() []byte { return exampleRecordOf(alicesName, "bob@example.com") }

const alicesName = "alice@example.com"

// exampleRecordOf is the same with the names that sign-ins printed, "" as builds wrote it that did not record them.
func exampleRecordOf(aliceIs, bobIs string) []byte {
	const issuer, account = "https://login.example.com", "arn:aws:iam::111122223333:role/"
	alice := audit.Who{Identity: "acme", Issuer: issuer, ClientID: "0oa1b2c3", Subject: "00u1alice7Kq", Name: aliceIs, Email: aliceIs}
	bob := audit.Who{Identity: "acme", Issuer: issuer, ClientID: "0oa1b2c3", Subject: "00u1bob9Zx", Name: bobIs, Email: bobIs}
	job := audit.Who{Identity: "ci", Issuer: "https://token.actions.example.com", ClientID: "dbxaccess", Subject: "repo:acme/etl:ref:refs/heads/main", Workload: true}
	laptop := audit.Asker{Hostname: "alice-laptop", OS: "darwin", OSUser: "alice", OSUserID: "501", PID: 4711, Process: "python3.12", Parents: []string{"zsh", "Terminal"}}
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.March, day, hour, minute, 0, 0, time.UTC)
	}
	record := func(at time.Time, who audit.Who, activity audit.Activity, change func(*audit.Record)) audit.Record {
		r := audit.New(at, activity, who)
		r.Asker = laptop
		if who == bob {
			r.Hostname, r.OSUser, r.OSUserID = "bob-desk", "bob", "1000"
		}
		if who.Workload {
			r.Asker = audit.Asker{Hostname: "runner-3", OS: "linux", OSUser: "runner", OSUserID: "1001", PID: 88, Process: "make", Parents: []string{"bash"}}
		}
		if change != nil {
			change(&r)
		}
		return r
	}
	keys := 0
	aws := func(role, session, run string, tags map[string]string, change func(*audit.Record)) func(*audit.Record) {
		return func(r *audit.Record) {
			keys++
			r.Role, r.Run, r.RoleARN, r.SessionName, r.Tags = role, run, account+role, session, tags
			if run != "" {
				r.SessionName += "," + run
			}
			r.AccessKeyID, r.Expires = "ASIAEXAMPLE"+strings.Repeat("0", 4)+string(rune('A'+keys)), r.Time.Add(time.Hour)
			r.MapDigest = strings.Repeat("5a", 32)
			if change != nil {
				change(r)
			}
		}
	}
	ml, data := map[string]string{"team": "ml", "cost-center": "4711"}, map[string]string{"team": "data", "cost-center": "4712"}
	const a, b = alicesName, "bob@example.com"
	scientists := func(r *audit.Record) { r.Group = "ml-scientists" }
	all := []audit.Record{
		record(at(24, 8, 1), alice, audit.SignIn, nil),
		record(at(24, 8, 1), alice, audit.Entitle, func(r *audit.Record) {
			r.Grants = []audit.Grant{{Role: "ml-reader", Group: "ml-scientists"}, {Role: "ml-trainer", Group: "ml-scientists"}}
		}),
		record(at(24, 8, 2), alice, audit.Assume, aws("ml-trainer", a, "", ml, scientists)),
		record(at(24, 8, 2), alice, audit.Exchange, func(r *audit.Record) {
			r.Role, r.SessionName, r.Host, r.Expires, r.Tags = "ml-trainer", a, "https://dbc-1234.cloud.databricks.com", r.Time.Add(time.Hour), ml
		}),
		record(at(24, 8, 58), alice, audit.Serve, aws("ml-trainer", a, "", ml, func(r *audit.Record) {
			keys--
			r.AccessKeyID, r.Since, r.Count, r.Expires = "ASIAEXAMPLE0000B", at(24, 8, 4), 12, at(24, 9, 2)
		})),
		record(at(24, 10, 30), alice, audit.Assume, func(r *audit.Record) {
			r.Role, r.Refused = "payroll-auditor", ui.Errorf("no-such-role", ui.NoSuchRole, "your groups don't give the role payroll-auditor")
		}),
	}
	for i := range 4 {
		all = append(all, record(at(25, 9+i, 0), alice, audit.Assume, aws("ml-trainer", a, "churn-7", ml, scientists)))
	}
	all = append(all,
		record(at(26, 7, 45), bob, audit.SignIn, nil),
		record(at(26, 7, 46), bob, audit.Assume, aws("ml-reader", b, "", ml, func(r *audit.Record) { r.Agent, r.Scope = "claude-code", []string{"churn"} })),
		record(at(26, 7, 50), bob, audit.Assume, func(r *audit.Record) {
			r.Role, r.Agent = "ml-trainer", "claude-code"
			r.Refused = ui.Errorf("agents-denied", ui.Refused, "the coding agent claude-code asks for the role ml-trainer: the access map keeps that from agents")
		}),
		record(at(26, 9, 12), bob, audit.Vend, func(r *audit.Record) {
			r.Role, r.SessionName, r.Host, r.Tags = "ml-reader", b, "https://dbc-1234.cloud.databricks.com", ml
			r.Vended, r.AccessKeyID, r.Expires = "table main.ml.churn, read", "ASIAEXAMPLE0000Z", r.Time.Add(time.Hour)
		}),
		record(at(29, 2, 0), job, audit.Assume, aws("nightly-etl", "repo-acme-etl-main", "etl-20260329", data, nil)),
		record(at(29, 17, 20), alice, audit.SignOut, nil),
	)
	key, at1 := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), audit.Link{Chain: "7c2ae1f0", Sequence: 1, Prev: strings.Repeat("0", 64)}
	var out bytes.Buffer
	for _, r := range all {
		line, head, err := audit.Encode(r, at1, "v1.0.0", key)
		if err != nil {
			panic(err)
		}
		out.Write(append(line, '\n'))
		at1 = audit.Link{Chain: head.Chain, Sequence: head.Sequence + 1, Prev: head.Hash}
	}
	return out.Bytes()
}

// scriptExampleRecord is `example-record FILE`: it writes the example there; with unnamed behind it as builds did that recorded no names.
func scriptExampleRecord(ts *testscript.TestScript, neg bool, args []string) {
	unnamed := len(args) == 2 && args[1] == "unnamed"
	if neg || len(args) != 1 && !unnamed {
		ts.Fatalf("usage: example-record FILE [unnamed]")
	}
	record := exampleRecord()
	if unnamed {
		record = exampleRecordOf("", "")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), record, 0o600))
}

// The example has to be one that dbxaccess reads whole.
func TestTheExampleRecordIsRead(t *testing.T) {
	t.Parallel()
	n := 0
	for _, err := range audit.Read(bytes.NewReader(exampleRecord()), "example") {
		if err != nil {
			t.Error(err)
		}
		n++
	}
	if n < 15 {
		t.Errorf("%d entries", n)
	}
}
