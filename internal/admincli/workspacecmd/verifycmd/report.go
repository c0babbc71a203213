package verifycmd

import (
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

// report is the answer; its JSON is the contract of -o json.
type report struct {
	Role        string    `json:"role"` // as which the workspace was read
	Host        string    `json:"host"`
	WorkspaceID string    `json:"workspace_id,omitempty"`
	Began       time.Time `json:"began"`
	Ended       time.Time `json:"ended,omitzero"` // not where it did not come to its end
	// Complete is whether every part was looked at to its end. Single objects that were not are findings all the same.
	Complete bool              `json:"complete"`
	Since    time.Time         `json:"since,omitzero"`
	Findings []verify.Finding  `json:"findings"`
	Beyond   map[ui.ID]int     `json:"beyond,omitempty"` // how many more there are of a kind
	Parts    []part            `json:"parts"`
	RunsAs   []verify.Identity `json:"runs_as"`
}

// part says what was looked at.
type part struct {
	Name    verify.Part `json:"name"`
	Objects int         `json:"objects"`
	Skipped int         `json:"unchanged"` // that were left out, as they did not change since then
	NoText  int         `json:"without_text"`
	// Acknowledged are keys beside which a comment says why they are none: dbxaccess:allow RULE reason.
	Acknowledged int    `json:"acknowledged"`
	Others       int    `json:"of_other_kinds"` // which are not read, as libraries
	Complete     bool   `json:"complete"`
	Absent       bool   `json:"absent,omitempty"` // the workspace does not have such
	Why          string `json:"why,omitempty"`    // it was not looked at, or not to its end
}

func reportOf(s *verify.State, role string) *report {
	r := &report{
		Role: role, Host: s.Host, WorkspaceID: s.WorkspaceID, Began: s.Began, Ended: s.Ended, Since: s.Since, Complete: len(s.Left()) == 0,
		Findings: s.Sorted(), Beyond: s.Beyond, Parts: []part{}, RunsAs: s.Identities(),
	}
	if r.Findings == nil {
		r.Findings = []verify.Finding{}
	}
	left := s.Left()
	for _, name := range verify.Parts() {
		if len(s.Only) > 0 && !slices.Contains(s.Only, name) {
			continue
		}
		p := part{Name: name, Complete: !slices.Contains(left, name)}
		if at := s.Parts[name]; at != nil {
			p.Objects, p.Skipped, p.NoText, p.Acknowledged, p.Others, p.Absent, p.Why = at.Objects, at.Skipped, at.NoText, at.Acknowledged, at.Others, at.Absent, at.Missed
		}
		if !p.Complete && p.Why == "" {
			p.Why = "the run ended before"
		}
		r.Parts = append(r.Parts, p)
	}
	return r
}

func (r *report) print(env *cli.Env, output string) error {
	switch output {
	case "json":
		return ui.PrintJSON(env.Streams.Out, r)
	case "sarif":
		return ui.PrintJSON(env.Streams.Out, sarifOf(r, env.Version.Number))
	case "html":
		return printHTML(env.Streams.Out, r, env.Now())
	}
	return printTable(env.Streams.Out, r)
}

// verdict ends with exit code 1 where there is a finding of a severity, or above it, or something was not looked at.
func (r *report) verdict(failOn verify.Severity) error {
	unread := func(f verify.Finding) bool { return f.ID == "verify-not-read" }
	counts := func(f verify.Finding) bool { return unread(f) || f.Severity.Rank() >= failOn.Rank() }
	if !slices.ContainsFunc(r.Findings, counts) {
		return nil
	}
	count := ui.Count(len(r.Findings), "finding", "findings")
	if !slices.ContainsFunc(r.Findings, func(f verify.Finding) bool { return !unread(f) }) {
		return ui.Errorf("verify-not-known", ui.Failed, "it is not known whether the workspace is as the access map means it: %s of what was not looked at", count).
			With(ui.Advice("do what each finding says under fix, or look at the other parts alone with --only"))
	}
	return ui.Errorf("verify-found", ui.Failed, "the workspace is not as the access map means it: %s", count).
		With(ui.Advice("do what each finding says under fix, and verify again; docs/verify.md says why each matters"))
}

// objects are all that were looked at.
func (r *report) objects() (n int) {
	for _, p := range r.Parts {
		n += p.Objects
	}
	return n
}

// line is the answer in a sentence.
func (r *report) line() string {
	looked := ui.Count(r.objects(), "object", "objects") + " looked at in " + ui.Clean(r.Host)
	soFar := ""
	if !r.Complete {
		soFar = " so far"
	}
	if len(r.Findings) == 0 {
		return "no findings" + soFar + ": " + looked
	}
	var counts []string
	for _, s := range []verify.Severity{verify.High, verify.Medium, verify.Low} {
		if n := r.count(func(f verify.Finding) bool { return f.Severity == s }); n > 0 {
			counts = append(counts, ui.Count(n, string(s), string(s)))
		}
	}
	return ui.Count(len(r.Findings), "finding", "findings") + " (" + strings.Join(counts, ", ") + ")" + soFar + ": " + looked
}

func (r *report) count(of func(verify.Finding) bool) (n int) {
	for _, f := range r.Findings {
		if of(f) {
			n++
		}
	}
	return n
}

// notes are what else a reader has to know, a line each.
func (r *report) notes() (notes []string) {
	for _, p := range r.Parts {
		switch {
		case p.Absent:
			notes = append(notes, string(p.Name)+": the workspace has none")
		case !p.Complete:
			notes = append(notes, string(p.Name)+" not looked at to the end: "+p.Why)
		}
		if p.Skipped > 0 {
			notes = append(notes, string(p.Name)+": "+ui.Count(p.Skipped, "object", "objects")+" left out, unchanged since "+ui.UTC(r.Since))
		}
		if p.NoText > 0 {
			notes = append(notes, string(p.Name)+": "+ui.Count(p.NoText, "file", "files")+" left out, of kinds that hold no text")
		}
		if p.Others > 0 {
			notes = append(notes, string(p.Name)+": "+ui.Count(p.Others, "object", "objects")+" left out, of kinds that are not read")
		}
		if p.Acknowledged > 0 {
			notes = append(notes, string(p.Name)+": "+ui.Count(p.Acknowledged, "key", "keys")+" left out, acknowledged by a comment")
		}
	}
	for _, k := range verify.Kinds() {
		if n := r.Beyond[k.ID]; n > 0 {
			notes = append(notes, ui.Count(n, "further finding", "further findings")+" of "+string(k.ID)+" not listed")
		}
	}
	return notes
}
