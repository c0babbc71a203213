package sarif_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sarif"
)

func TestALogHasItsRulesAndResults(t *testing.T) {
	t.Parallel()
	log := sarif.New("1.2.3", []sarif.Rule{{"a", "is a", "a.md", sarif.Note}, {"b", "is b", "b.md", sarif.Error}}, []sarif.Result{
		{RuleID: "b", Level: sarif.Warning, Text: "t", URI: "x/y.py", Line: 3, Column: 4, Kind: "k/v1", Fingerprint: sarif.Fingerprint("b", "t")},
		{RuleID: "a", Level: sarif.Note, Text: "u", URI: "map.yaml", Resource: "role x", Kind: "k/v1", Fingerprint: "f", Properties: map[string]string{"id": "a"}},
	})
	written, err := json.Marshal(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"version":"2.1.0"`, `{"id":"b","shortDescription":{"text":"is b"},"helpUri":"https://github.com/dbxaccess/dbxaccess/blob/main/docs/b.md","defaultConfiguration":{"level":"error"}}`,
		`"ruleId":"b","ruleIndex":1,"level":"warning","message":{"text":"t"}`, `"uri":"x/y.py"},"region":{"startLine":3,"startColumn":4}}}]`,
		`"region":{"startLine":1}},"logicalLocations":[{"fullyQualifiedName":"role x","kind":"resource"}]`, `"properties":{"id":"a"}`,
	} {
		if !strings.Contains(string(written), part) {
			t.Errorf("%s is missing in %s", part, written)
		}
	}
	log.Tell(false, []sarif.Notice{{"not looked at: c", "c"}, {"not looked at: all", ""}})
	told, err := json.Marshal(log)
	const want = `"invocations":[{"executionSuccessful":false,"toolExecutionNotifications":[{"level":"warning","message":{"text":"not looked at: c"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"c"}}}]},{"level":"warning","message":{"text":"not looked at: all"}}]}]`
	if err != nil || !strings.Contains(string(told), want) {
		t.Errorf("%s, %v", told, err)
	}
	if empty, err := json.Marshal(sarif.New("1", nil, nil)); err != nil || !strings.Contains(string(empty), `"results":[]`) || !strings.Contains(string(empty), `"rules":[]`) {
		t.Errorf("%v: arrays are never null: %s", err, empty)
	}
	if sarif.Fingerprint("a", "b") == sarif.Fingerprint("ab") {
		t.Error("texts run together")
	}
}
