package scancmd

import (
	"bytes"
	"slices"
	"strings"

	"github.com/zricethezav/gitleaks/v8/detect"
	glreport "github.com/zricethezav/gitleaks/v8/report"

	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// generic is a rule of gitleaks that takes many a run id and etag for a key.
const generic = "generic-api-key"

// byGitleaks begins the IDs of its rules.
const byGitleaks = "gitleaks/"

// gitleaks asks the rules of that program about our decoded texts. It returns what they are, too.
func gitleaks(withGeneric bool) (statickeys.Detector, []statickeys.Rule, error) {
	d, err := detect.NewDetectorDefaultConfig()
	if err != nil {
		return nil, nil, err
	}
	if !withGeneric {
		delete(d.Config.Rules, generic)
	}
	var rules []statickeys.Rule
	for id, rule := range d.Config.Rules {
		rules = append(rules, statickeys.Rule{
			ID: byGitleaks + id, Title: ui.Clean(strings.TrimSuffix(rule.Description, ".")), Why: "a rule of gitleaks found it, by shape and name alone",
			Remedy: "if it is a key, revoke it where it was issued; if not, acknowledge it by a comment or a baseline",
		})
	}
	slices.SortFunc(rules, func(a, b statickeys.Rule) int { return strings.Compare(a.ID, b.ID) })
	return func(text []byte, found func(rule string, start, end int)) {
		at, line := 0, 0
		list := d.DetectString(string(text))
		slices.SortStableFunc(list, func(a, b glreport.Finding) int { return a.StartLine - b.StartLine })
		for _, f := range list {
			for ; line < f.StartLine; line++ {
				next := bytes.IndexByte(text[at:], '\n')
				if next < 0 {
					break
				}
				at += next + 1
			}
			if start := bytes.Index(text[at:], []byte(f.Secret)); start >= 0 && f.Secret != "" {
				found(byGitleaks+f.RuleID, at+start, at+start+len(f.Secret))
			}
		}
	}, rules, nil
}
