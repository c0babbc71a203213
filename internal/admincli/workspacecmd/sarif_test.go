package workspacecmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/admincli/mapplace"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

func TestFindingsForCodeScanning(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "map.yaml")
	if err := os.WriteFile(file, []byte("version: 1\nroles:\n  reader: {}\n  trainer: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var findings []plan.Finding
	for _, k := range plan.FindingKinds() {
		findings = append(findings, plan.Finding{ID: k.ID, Severity: k.Severity, Kind: plan.Group, Name: "ml", Roles: []string{"trainer"}, What: "w", Fix: ui.Command("c")})
	}
	findings = append(findings, plan.Finding{ID: "workspace-not-read", Severity: plan.Medium, Kind: plan.Workspace, Name: "prod", Roles: []string{}, What: "w"})
	at := func(s subject) (written string, fingerprints []string) {
		log, err := json.Marshal(sarifOf(driftReport{subject: s, Findings: findings}, mapplace.Place{File: file, From: "map.yaml"}, "1.2.3"))
		var read struct {
			Runs []struct {
				Results []struct {
					RuleIndex    int
					Fingerprints map[string]string `json:"partialFingerprints"`
					Locations    []struct {
						Physical struct {
							Region struct{ StartLine int }
						} `json:"physicalLocation"`
					} `json:"locations"`
				}
			}
		}
		if err != nil || json.Unmarshal(log, &read) != nil || len(read.Runs) != 1 || len(read.Runs[0].Results) != len(findings) {
			t.Fatalf("%v: %s", err, log)
		}
		for i, r := range read.Runs[0].Results {
			line := 4
			if i == len(findings)-1 {
				line = 1
			}
			if r.RuleIndex < 0 || r.Locations[0].Physical.Region.StartLine != line || r.Fingerprints["workspace-drift/v1"] == "" {
				t.Errorf("%s: %+v", findings[i].ID, r)
			}
			fingerprints = append(fingerprints, r.Fingerprints["workspace-drift/v1"])
		}
		return string(log), fingerprints
	}
	written, prod := at(subject{Workspace: "prod", Host: "https://prod.example.com"})
	if !strings.Contains(written, `"text":"group ml in the workspace prod: w\nfix: c"`) {
		t.Error(written)
	}
	if _, dev := at(subject{Workspace: "dev", Host: "https://dev.example.com"}); dev[0] == prod[0] {
		t.Error("a finding of one workspace is one of the other")
	}
}
