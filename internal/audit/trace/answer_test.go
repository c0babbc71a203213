package trace

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// answered is a row of the join in SQL, changed.
func answered(change map[string]string) (columns, values []string) {
	columns = []string{
		"time", "log", "event_id", "action", "verb", "dataset", "place", "bytes", "refused", "region", "address", "person", "person_name", "identity", "issuer", "role", "rule",
		"run", "host", "agent", "reason", "session_name", "access_key_id", "joined_by", "not_joined",
	}
	values = []string{
		"2026-11-28T09:12:31Z", "cloudtrail", "1", "GetObject", "read", "churn", "s3://acme-ml/churn/a", "7", "", "us-east-1", "203.0.113.7", "alice", "alice@example.com", "acme", "https://i",
		"ml-trainer", "g", "churn-1", "laptop", "", "", "alice", "ASIA1", "access-key", "",
	}
	for i, name := range columns {
		if v, ok := change[name]; ok {
			values[i] = v
		}
	}
	return columns, values
}

func TestARowOfSQLIsAnAccess(t *testing.T) {
	t.Parallel()
	a, err := AccessOf(answered(nil))
	n := int64(7)
	want := Access{
		Time: time.Date(2026, 11, 28, 9, 12, 31, 0, time.UTC), Log: CloudTrail, EventID: "1", Action: "GetObject", Verb: Read, Dataset: "churn", Place: "s3://acme-ml/churn/a",
		Bytes: &n, Region: "us-east-1", Address: "203.0.113.7", Person: "alice", Name: "alice@example.com", Identity: "acme", Issuer: "https://i", Role: "ml-trainer", Rule: "g", Run: "churn-1",
		Host: "laptop", Session: "alice", Key: "ASIA1", By: ByKey,
	}
	if err != nil || !reflect.DeepEqual(a, want) {
		t.Errorf("%+v, %v", a, err)
	}
	nobody, err := AccessOf(answered(map[string]string{"person": "", "joined_by": "", "not_joined": "no-time", "time": "", "bytes": "", "refused": "403"}))
	if err != nil || nobody.Why != NoTime || nobody.Bytes != nil {
		t.Errorf("%+v, %v", nobody, err)
	}
	tally := NewState().Tally
	tally.Told(&a)
	tally.Told(&nobody)
	if name := tally.Name(Person{"acme", "https://i", "alice"}); name != a.Name {
		t.Errorf("the person's name is %q", name)
	}
	d := tally.Datasets.By["churn"]
	if tally.Events != 2 || tally.Joined[ByKey] != 1 || tally.NotJoined[NoTime] != 1 || d.Reads != 1 || d.Refused != 1 || d.Bytes != 7 || len(tally.Runs.By) != 1 || len(tally.Grants.By) != 1 {
		t.Errorf("%+v %+v", tally, d)
	}
}

func TestARowThatTheJoinCannotHaveIsAnError(t *testing.T) {
	t.Parallel()
	for _, change := range []map[string]string{
		{"verb": "look"}, {"joined_by": "guess"}, {"joined_by": ""}, {"not_joined": "why"}, {"not_joined": "ambiguous"}, {"person": ""},
		{"time": "yesterday"}, {"time": ""}, {"bytes": "many"}, {"bytes": "-1"},
	} {
		if a, err := AccessOf(answered(change)); err == nil {
			t.Errorf("%v: %+v", change, a)
		}
	}
	columns, values := answered(nil)
	if _, err := AccessOf(slices.Delete(columns, 4, 9), slices.Delete(values, 4, 9)); err == nil {
		t.Error("columns are missing")
	}
}
