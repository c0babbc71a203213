package cost

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/sqltext"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var now = time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC)

// issued is an entry of AWS credentials that live for an hour from then.
func issued(after time.Duration, change func(*audit.Record)) *audit.Entry {
	e := &audit.Entry{Record: audit.New(now.Add(after), audit.Assume, audit.Who{Issuer: "i", Subject: "alice"})}
	e.Chain, e.Role, e.Run, e.Expires, e.RoleARN = "c", "ml-trainer", "churn-7", e.Time.Add(time.Hour), "arn:aws:iam::111122223333:role/ml/trainer"
	e.SessionName, e.Tags = "alice@example.com,churn-7", map[string]string{"team": "ml", "cost-center": "4711"}
	if change != nil {
		change(&e.Record)
	}
	return e
}

func sum(t *testing.T, since, until time.Duration, by []Dimension, entries ...*audit.Entry) []Line {
	t.Helper()
	s := Sum{By: by, Since: now.Add(since), Until: now.Add(until)}
	for _, e := range entries {
		if err := s.Add(e, strings.Split(e.SessionName, ",")[0]); err != nil {
			t.Fatal(err)
		}
	}
	return s.Lines()
}

func TestHoursAreThoseOfALivingCredential(t *testing.T) {
	t.Parallel()
	serve := issued(10*time.Minute, func(r *audit.Record) { r.Activity, r.Count = audit.Serve, 12 })
	refused := issued(0, func(r *audit.Record) { r.Refused = errors.New("no") })
	for name, c := range map[string]struct {
		since, until time.Duration
		entries      []*audit.Entry
		want         Line
	}{
		"one":                         {0, 24 * time.Hour, []*audit.Entry{issued(0, nil)}, Line{Issued: 1, Handed: 1, Hours: 1}},
		"renewed before its end":      {0, 24 * time.Hour, []*audit.Entry{issued(0, nil), issued(45*time.Minute, nil)}, Line{Issued: 2, Handed: 2, Hours: 1.75}},
		"apart":                       {0, 24 * time.Hour, []*audit.Entry{issued(0, nil), issued(3*time.Hour, nil)}, Line{Issued: 2, Handed: 2, Hours: 2}},
		"still living":                {0, 30 * time.Minute, []*audit.Entry{issued(0, nil)}, Line{Issued: 1, Handed: 1, Hours: .5}},
		"issued before":               {30 * time.Minute, time.Hour, []*audit.Entry{issued(0, nil)}, Line{Hours: .5}},
		"served many times":           {0, time.Hour, []*audit.Entry{issued(0, nil), serve}, Line{Issued: 1, Handed: 13, Hours: 1}},
		"refused":                     {0, time.Hour, []*audit.Entry{refused}, Line{Refused: 1}},
		"a step of another's":         {0, time.Hour, []*audit.Entry{issued(0, nil), issued(0, func(r *audit.Record) { r.Activity = audit.Step })}, Line{Issued: 1, Handed: 1, Hours: 1}},
		"of two people":               {0, time.Hour, []*audit.Entry{issued(0, nil), issued(0, func(r *audit.Record) { r.Subject = "bob" })}, Line{Issued: 2, Handed: 2, Hours: 2}},
		"a shorter one within":        {0, time.Hour, []*audit.Entry{issued(0, nil), issued(0, func(r *audit.Record) { r.Expires = now.Add(time.Minute) })}, Line{Issued: 2, Handed: 2, Hours: 1}},
		"an end before the beginning": {0, time.Hour, []*audit.Entry{issued(0, func(r *audit.Record) { r.Expires = now.Add(-time.Hour) })}, Line{Issued: 1, Handed: 1}},
	} {
		role, _ := DimensionOf("role")
		lines := sum(t, c.since, c.until, []Dimension{role}, c.entries...)
		if len(lines) != 1 || lines[0].Issued != c.want.Issued || lines[0].Handed != c.want.Handed || lines[0].Refused != c.want.Refused ||
			fmt.Sprintf("%.4f", lines[0].Hours) != fmt.Sprintf("%.4f", c.want.Hours) {
			t.Errorf("%s: %+v", name, lines)
		}
	}
	if lines := sum(t, 2*time.Hour, 3*time.Hour, nil, issued(0, nil)); len(lines) > 0 {
		t.Errorf("what ended before is counted: %+v", lines)
	}
}

// A record of years has more holders than are remembered: a job has a chain of its own.
func TestALaterTimeIsAWayOutOfTooMany(t *testing.T) {
	t.Parallel()
	early := Sum{Since: now.Add(-48 * time.Hour), Until: now.Add(48 * time.Hour)}
	late := Sum{Since: now, Until: now.Add(time.Hour)}
	job := issued(-24*time.Hour, nil)
	next := issued(2*time.Hour, nil)
	var err error
	for i := range MaxLines + 1 {
		job.Chain, next.Chain = fmt.Sprint("job", i), fmt.Sprint("next", i)
		if err == nil {
			err = early.Add(job, "")
		}
		for _, e := range []*audit.Entry{job, next} {
			if err := late.Add(e, ""); err != nil {
				t.Fatalf("job %d, which is not of that time: %v", i, err)
			}
		}
	}
	if !errors.Is(err, ErrTooMany) {
		t.Errorf("nothing bounds what is remembered: %v", err)
	}
}

func TestDimensions(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"role": "ml-trainer", "person": "alice@example.com", "run": "churn-7", "team": "ml", "cost-center": "4711", "tag:team": "ml", "tag:none": ""} {
		d, ok := DimensionOf(name)
		if !ok {
			t.Fatal(name)
		}
		if lines := sum(t, 0, time.Hour, []Dimension{d}, issued(0, nil)); lines[0].Values[0] != want {
			t.Errorf("%s: %q", name, lines[0].Values)
		}
	}
	for _, name := range []string{"", "tag:", "teams"} {
		if _, ok := DimensionOf(name); ok {
			t.Errorf("%q is a dimension", name)
		}
	}
}

func TestChartsFit(t *testing.T) {
	t.Parallel()
	var lines []Line
	for i := range 30 {
		lines = append(lines, Line{Values: []string{fmt.Sprintf("role-%d\x1b[31m<&", i), strings.Repeat("ü", i)}, Hours: float64(30-i) * 7.3})
	}
	for _, columns := range []int{0, 40, 80, 200} {
		text := Chart(lines, columns)
		rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(rows) != maxBars+1 || strings.Contains(text, "\x1b") || !strings.Contains(rows[maxBars], "10 more") {
			t.Errorf("%d columns:\n%s", columns, text)
		}
		for _, row := range rows {
			if columns >= 80 && ui.Width(row) > columns {
				t.Errorf("%d columns, and a row has %d: %s", columns, ui.Width(row), row)
			}
		}
	}
	picture := SVG(lines, "hours <by> role")
	if strings.Contains(picture, "\x1b") || strings.Contains(picture, "<by>") || strings.Contains(picture, "<&") || !strings.Contains(picture, "&lt;&amp;") {
		t.Error(picture)
	}
	if Chart(nil, 80) != "" || !strings.HasSuffix(SVG(nil, ""), "</svg>\n") {
		t.Error("nothing can't be drawn")
	}
}

func TestTagsOfTheReport(t *testing.T) {
	t.Parallel()
	if got := tagColumn("Cost-Center"); got != "user_cost_center" {
		t.Error(got)
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	entries := []*audit.Entry{
		issued(0, nil), issued(time.Hour, func(r *audit.Record) { r.Role, r.RoleARN = "ml-reader", "arn:aws:iam::111122223333:role/reader" }),
		issued(0, func(r *audit.Record) { r.Run, r.SessionName = "", "alice@example.com" }),
		issued(0, func(r *audit.Record) { r.Subject, r.SessionName, r.Tags = "bob", "bob's@example.com,churn-7", nil }),
		issued(0, func(r *audit.Record) { r.Activity, r.Host, r.RoleARN = audit.Exchange, "https://w.example.com", "" }),
		issued(0, func(r *audit.Record) {
			r.Activity, r.Host, r.RoleARN, r.Subject, r.ServicePrincipal = audit.Exchange, "https://w.example.com", "", "job", "6F1C"
		}),
		issued(0, func(r *audit.Record) { r.RoleARN, r.PermissionSet, r.Role = "", "111122223333/MLAdmin", "ml-admin" }),
	}
	for _, engine := range []Engine{Databricks, Athena} {
		b := Bill{Engine: engine, Since: now.AddDate(0, 0, -30), Until: now, Tag: "run", Table: "billing.cur2"}
		s := Sum{By: b.By(), Since: b.Since, Until: now.Add(24 * time.Hour)}
		for _, e := range slices.DeleteFunc(slices.Clone(entries), func(e *audit.Entry) bool { return !b.Counts(e) }) {
			if err := s.Add(e, strings.Split(e.SessionName, ",")[0]); err != nil {
				t.Fatal(err)
			}
		}
		got, err := b.Query(s.Lines())
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", string(engine)+".sql")
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got != string(want) {
			t.Errorf("%s (UPDATE=1 writes it), %v:\n%s", path, err, got)
		}
		if _, err := b.Query(nil); !errors.Is(err, ErrNothing) {
			t.Errorf("of nothing: %v", err)
		}
	}
}

// A row of the bill must never be counted twice: the record's rows are there once by what they are joined by.
func TestKeysAreUnique(t *testing.T) {
	t.Parallel()
	pick := func(words ...string) string { return words[rand.IntN(len(words))] }
	var lines []Line
	total := 0.0
	for range 500 {
		line := Line{Hours: float64(rand.IntN(9))}
		for range 4 {
			line.Values = append(line.Values, pick("", "a", "b", "c"))
		}
		lines, total = append(lines, line), total+line.Hours
	}
	for _, key := range [][]int{{0}, {0, 2}, {3}} {
		seen, hours := map[string]bool{}, 0.0
		for _, r := range rows(lines, key, []int{1}) {
			id := strings.Join(r.key, "\x00")
			if seen[id] {
				t.Errorf("%q is there twice", r.key)
			}
			seen[id], hours = true, hours+r.hours
		}
		if hours != total {
			t.Errorf("%v hours of %v", hours, total)
		}
	}
	long := Line{Values: []string{strings.Repeat("x", sqltext.MaxQuery), "", "", ""}}
	if _, err := (Bill{Engine: Databricks}).Query([]Line{long}); !errors.Is(err, ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
}
