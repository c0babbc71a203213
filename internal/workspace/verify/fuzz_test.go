package verify

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// Whatever stands in the file in which a run is kept: what is read is the same once it was kept and read again, goes on as no run of
// another workspace, and can be told from.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"version":1,"program":"v1","host":"https://a.example","map":"d","salt":"AAAA","parts":{"jobs":{"done":true,"cursor":"x"},"notebooks":null},"runs_as":{"a":null},"findings":[{"id":"verify-static-key","part":"jobs","fix":[{"command":"x"}]}]}`))
	f.Add([]byte(`{"version":1,"parts":{"notebooks":{"cursor":{"folders":[{"path":"/","share":1}],"walked":1e308}}},"beyond":{"x":-1}}`))
	f.Add([]byte(`{"findings":null,"carried":[{}],"runs_as":{"x":{"name":"y","kind":"group","objects":-3}}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s State
		if json.Unmarshal(data, &s) != nil {
			return
		}
		first, err := json.Marshal(&s)
		if err != nil {
			t.Skip(err) // as of a time beyond the year 9999
		}
		var again State
		if err := json.Unmarshal(first, &again); err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		second, err := json.Marshal(&again)
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%s became %s, %v", first, second, err)
		}
		now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
		other := NewState(s.Program, s.Host+"x", s.WorkspaceID, s.Map, s.Only, s.Since, now)
		if s.Continues(other) || other.Follows(&s) {
			t.Fatal("it is taken for a run of another workspace")
		}
		same := NewState(s.Program, s.Host, s.WorkspaceID, s.Map, s.Only, s.Since, now)
		if follows := same.Follows(&s); follows && s.Ended.IsZero() {
			t.Fatal("a run that has not ended is followed")
		}
		_, _, _ = s.Identities(), s.Sorted(), s.Left()
	})
}
