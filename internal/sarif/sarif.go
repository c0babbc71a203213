// Package sarif writes findings in the form that code scanning reads: SARIF 2.1.0
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
//
// In come rules and results, as whoever found them knows them; out comes a log of one run. What is written is what it was given:
// texts are to be clean, and free of secrets, before.
package sarif

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// home is where the program and its documentation are.
const home = "https://github.com/dbxaccess/dbxaccess"

// Level is how soon someone should look at a result.
type Level string

// The levels.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Note    Level = "note"
)

// Rule is what results of one ID are about.
type Rule struct {
	ID    string
	Means string // one sentence
	Page  string // of the documentation, below docs/, as in drift.md
	Level Level
}

// Result is one finding.
type Result struct {
	RuleID string
	Level  Level
	Text   string
	// URI of the file that it is in, relative to the root of the repository. Code scanning refuses results without one:
	// https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support#location-object
	URI          string
	Line, Column int    // from 1; a line of 0 is 1, a column of 0 is left out
	Resource     string // what it is about where that is no file; "" where it is
	// Kind names the fingerprint, as in drift/v1: code scanning tells by it whether it saw the result before. Without one it goes by
	// the line.
	Kind        string
	Fingerprint string
	Properties  any // the finding as -o json has it
	Suppressed  *Suppression
}

// Suppression is why a result is none any more: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html#_Toc34317733
type Suppression struct {
	Kind          SuppressionKind `json:"kind"`
	Justification string          `json:"justification,omitempty"`
}

// SuppressionKind is where that is written.
type SuppressionKind string

// The kinds.
const (
	InSource SuppressionKind = "inSource"
	External SuppressionKind = "external"
)

// Log is a document of SARIF.
type Log struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []run  `json:"runs"`
}

type run struct {
	Tool struct {
		Driver driver `json:"driver"`
	} `json:"tool"`
	Results     []result     `json:"results"`
	Invocations []invocation `json:"invocations,omitempty"`
}

type invocation struct {
	Successful    bool           `json:"executionSuccessful"`
	Notifications []notification `json:"toolExecutionNotifications"`
}

type notification struct {
	Level     Level   `json:"level"`
	Message   text    `json:"message"`
	Locations []where `json:"locations,omitempty"`
}

type where struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
	} `json:"physicalLocation"`
}

type driver struct {
	Name           string `json:"name"`
	Version        string `json:"version"`
	InformationURI string `json:"informationUri"`
	Rules          []rule `json:"rules"`
}

type rule struct {
	ID               string `json:"id"`
	ShortDescription text   `json:"shortDescription"`
	HelpURI          string `json:"helpUri"`
	Configuration    struct {
		Level Level `json:"level"`
	} `json:"defaultConfiguration"`
}

type text struct {
	Text string `json:"text"`
}

type result struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        Level             `json:"level"`
	Message      text              `json:"message"`
	Locations    []location        `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints,omitempty"`
	Properties   any               `json:"properties,omitempty"`
	Suppressions []*Suppression    `json:"suppressions,omitempty"`
}

type location struct {
	Physical physical  `json:"physicalLocation"`
	Logical  []logical `json:"logicalLocations,omitempty"`
}

type physical struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
	Region region `json:"region"`
}

type region struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type logical struct {
	Name string `json:"fullyQualifiedName"`
	Kind string `json:"kind"`
}

// New is a log of one run of the program in a version. Each result's rule is among the rules.
func New(version string, rules []Rule, results []Result) Log {
	r := run{Results: make([]result, 0, len(results))}
	r.Tool.Driver = driver{Name: "dbxaccess", Version: version, InformationURI: home, Rules: make([]rule, 0, len(rules))}
	for _, of := range rules {
		one := rule{ID: of.ID, ShortDescription: text{of.Means}, HelpURI: home + "/blob/main/docs/" + of.Page}
		one.Configuration.Level = of.Level
		r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, one)
	}
	for _, of := range results {
		at := location{Physical: physical{Region: region{max(of.Line, 1), of.Column}}}
		at.Physical.Artifact.URI = of.URI
		if of.Resource != "" {
			at.Logical = []logical{{of.Resource, "resource"}}
		}
		fingerprints := map[string]string{of.Kind: of.Fingerprint}
		if of.Fingerprint == "" {
			fingerprints = nil
		}
		one := result{
			RuleID: of.RuleID, RuleIndex: slices.IndexFunc(rules, func(r Rule) bool { return r.ID == of.RuleID }), Level: of.Level,
			Message: text{of.Text}, Locations: []location{at}, Fingerprints: fingerprints, Properties: of.Properties,
		}
		if of.Suppressed != nil {
			one.Suppressions = []*Suppression{of.Suppressed}
		}
		r.Results = append(r.Results, one)
	}
	return Log{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []run{r}}
}

// Notice is something that a run did not look at, or not wholly.
type Notice struct {
	Text string
	URI  string // of the file, as that of a Result; "" where it is none
}

// Tell adds what the run did not look at. successful says whether it read all that it was asked to: a log without results is no all-clear then.
func (l Log) Tell(successful bool, notices []Notice) {
	told := invocation{Successful: successful, Notifications: make([]notification, 0, len(notices))}
	for _, of := range notices {
		n := notification{Level: Warning, Message: text{of.Text}}
		if of.URI != "" {
			n.Locations = make([]where, 1)
			n.Locations[0].Physical.Artifact.URI = of.URI
		}
		told.Notifications = append(told.Notifications, n)
	}
	l.Runs[0].Invocations = []invocation{told}
}

// Fingerprint makes one of texts that stay the same from run to run. It is no place for secrets: who knows what they may be can
// find out which it was.
func Fingerprint(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\n")))
	return hex.EncodeToString(sum[:])
}
