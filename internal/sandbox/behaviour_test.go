package sandbox

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBehaviourIsSetByJSON(t *testing.T) {
	b := DefaultBehaviour()
	b.Claims = map[string]any{"x": 1, "y": 2}
	text := `{"kind": "okta", "skew": "1m", "keep_refresh_token": true, "user_groups": 3, "claims": {"y": null, "z": ["a"]},
		"assignments": {"bob": []}}`
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	want := DefaultBehaviour()
	want.Kind, want.Skew, want.KeepRefreshToken, want.UserGroups = "okta", time.Minute, true, 3
	want.Claims, want.Assignments = map[string]any{"x": 1, "y": nil, "z": []any{"a"}}, map[string][]string{"bob": {}}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Error(diff)
	}
	s, _ := start(t)
	for _, bad := range []string{
		``, `[]`, `{"claims":{"x":1},"whim":1}`, `{"skew":1}`, `{"skew":"1"}`, `{"user_groups":"1"}`, `{"kind":"klingon"}`, `{"refusal":"whim"}`,
	} {
		if err := s.Configure(bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	s.Set(func(b *Behaviour) {
		if diff := cmp.Diff(DefaultBehaviour(), *b); diff != "" {
			t.Errorf("a refused text was taken by half: %s", diff)
		}
	})
}

func TestFaultsAreReadFromJSON(t *testing.T) {
	var f Fault
	text := `{"endpoint": "token/refresh_token", "times": -1, "delay": "1s", "header": {"X-A": ["1"]}, "fields": {"a": null}}`
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	want := Fault{
		Endpoint: TokenRefreshToken, Times: Always, Delay: time.Second, Header: map[string][]string{"X-A": {"1"}}, Fields: map[string]any{"a": nil},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`{"endpoint":"nowhere"}`, `{"status":500}`, `{"endpoint":"token","what":1}`, `{"endpoint":"token","times":"all"}`} {
		if err := json.Unmarshal([]byte(bad), &Fault{}); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
