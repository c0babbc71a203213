package policy_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
)

// Every statement that allows something says until when, by AWS's clock; what else it asks for stays.
func TestAPolicyEnds(t *testing.T) {
	t.Parallel()
	g := policy.Grants{
		Partition: "aws", TLS: true, Places: []policy.Place{
			{Location: policy.Location{Bucket: "lake", Prefix: "churn/"}, Verbs: policy.Read, KMSKey: "arn:aws:kms:us-east-1:111122223333:key/churn"},
			{Location: policy.Location{Bucket: "whole"}, Verbs: policy.Write | policy.Delete},
		},
	}
	type document struct {
		Statement []struct {
			Effect    string
			Condition map[string]map[string]any
		}
	}
	read := func(text string) (d document) {
		t.Helper()
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	without := read(policy.Compile(g))
	g.Until = time.Date(2027, 2, 1, 1, 0, 0, 0, time.FixedZone("", 3600))
	with := read(policy.Compile(g))
	if len(with.Statement) != len(without.Statement) || len(with.Statement) < 3 {
		t.Fatalf("%d statements, without an end %d", len(with.Statement), len(without.Statement))
	}
	for i, s := range with.Statement {
		ends := s.Condition["DateLessThan"]["aws:CurrentTime"]
		if s.Effect == "Allow" && ends != "2027-02-01T00:00:00Z" || s.Effect != "Allow" && ends != nil {
			t.Errorf("statement %d, %s, ends %v", i, s.Effect, ends)
		}
		delete(s.Condition, "DateLessThan")
		was, _ := json.Marshal(without.Statement[i].Condition)
		if is, _ := json.Marshal(s.Condition); string(is) != string(was) && len(s.Condition)+len(without.Statement[i].Condition) > 0 {
			t.Errorf("statement %d asks for %s besides, without an end for %s", i, is, was)
		}
	}
	if policy.Compile(policy.Grants{Partition: "aws", Until: g.Until}) != "" {
		t.Error("a policy for nothing")
	}
}
