package driftcmd

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/admincli/mapplace"
	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// object is one of JSON whose members a schema asks for.
type object map[string]any

func (o object) of(t *testing.T, name string) object {
	t.Helper()
	member, ok := o[name].(map[string]any)
	if !ok {
		t.Fatalf("%s is not an object: %v", name, o[name])
	}
	return member
}

func (o object) list(t *testing.T, name string) (members []object) {
	t.Helper()
	list, ok := o[name].([]any) // never null: the schema takes arrays alone
	if !ok {
		t.Fatalf("%s is not an array: %v", name, o[name])
	}
	for _, one := range list {
		member, ok := one.(map[string]any)
		if !ok {
			t.Fatalf("%s has %v", name, one)
		}
		members = append(members, member)
	}
	return members
}

func (o object) text(t *testing.T, name string) string {
	t.Helper()
	text, ok := o[name].(string)
	if !ok || text == "" {
		t.Errorf("%s is not a text: %v", name, o[name])
	}
	return text
}

// What the schema of SARIF 2.1.0 asks for, and what code scanning does besides:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
// https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
func TestSARIFHasWhatItsSchemaAsksFor(t *testing.T) {
	t.Parallel()
	about := func(id ui.ID, severity drift.Severity) drift.Finding {
		return drift.Finding{ID: id, Severity: severity, ARN: "arn:aws:iam::111122223333:role/x", Roles: []string{"x"}, What: "w", Fix: ui.Command("c")}
	}
	var findings []drift.Finding
	for _, k := range drift.Kinds() {
		findings = append(findings, about(k.ID, k.Severity))
	}
	for name, r := range map[string]*report{
		"no findings": {Findings: []drift.Finding{}}, "of a file": {Findings: findings, where: mapplace.Place{File: "a dir/map.yaml", From: "a dir/map.yaml"}},
		"of an address": {Findings: findings, where: mapplace.Place{File: "map.yaml", From: "https://maps.example.com/map.yaml"}}, "of nowhere": {Findings: findings},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written, err := json.Marshal(sarifOf(r, "1.2.3"))
			var log object
			if err != nil || json.Unmarshal(written, &log) != nil {
				t.Fatalf("%v: %s", err, written)
			}
			if log.text(t, "version") != "2.1.0" || len(log.list(t, "runs")) != 1 {
				t.Errorf("%s", written)
			}
			run := log.list(t, "runs")[0]
			driver := run.of(t, "tool").of(t, "driver")
			driver.text(t, "name")
			var rules []string
			for _, rule := range driver.list(t, "rules") {
				rules = append(rules, rule.text(t, "id"))
				rule.of(t, "shortDescription").text(t, "text")
			}
			if unique := slices.Compact(slices.Sorted(slices.Values(rules))); len(unique) != len(rules) || len(rules) != len(drift.Kinds()) {
				t.Errorf("rules: %v", rules)
			}
			results := run.list(t, "results")
			if len(results) != len(r.Findings) {
				t.Errorf("%d results of %d findings", len(results), len(r.Findings))
			}
			for _, result := range results {
				resultIsValid(t, result, rules)
			}
		})
	}
}

var uriReference = regexp.MustCompile(`^[A-Za-z0-9%/._~:-]+$`)

func resultIsValid(t *testing.T, result object, rules []string) {
	t.Helper()
	result.of(t, "message").text(t, "text")
	if index, ok := result["ruleIndex"].(float64); !ok || index < 0 || rules[int(index)] != result.text(t, "ruleId") {
		t.Errorf("rule %v is not %v", result["ruleIndex"], result["ruleId"])
	}
	if level := result.text(t, "level"); !slices.Contains([]string{"none", "note", "warning", "error"}, level) {
		t.Error(level)
	}
	for key, value := range result.of(t, "partialFingerprints") {
		if text, ok := value.(string); !ok || text == "" {
			t.Errorf("%s: %v", key, value)
		}
	}
	locations := result.list(t, "locations")
	if len(locations) != 1 {
		t.Fatalf("%v", locations)
	}
	locations[0].list(t, "logicalLocations")[0].text(t, "fullyQualifiedName")
	at := locations[0].of(t, "physicalLocation")
	if uri := at.of(t, "artifactLocation").text(t, "uri"); !uriReference.MatchString(uri) {
		t.Errorf("%q is no reference to a URI", uri)
	}
	if line, ok := at.of(t, "region")["startLine"].(float64); !ok || line < 1 {
		t.Errorf("line %v", at["region"])
	}
}
