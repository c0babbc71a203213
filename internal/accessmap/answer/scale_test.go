package answer_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

const (
	manyRoles    = 10_000
	manyDatasets = 1_000
)

// largeMap is a map as a large organisation has it: a group for each role, ten roles a dataset, chains of ten that inherit, every hundredth
// dataset inside another.
func largeMap() string {
	var groups, datasets, roles strings.Builder
	for i := range manyDatasets {
		place := fmt.Sprintf("s3://bucket-%d/data/%d/", i/100, i)
		if i%100 == 99 {
			place = fmt.Sprintf("s3://bucket-%d/", i/100)
		}
		fmt.Fprintf(&datasets, "data-%d: {location: %q, sensitivity: internal}\n", i, place)
	}
	for i := range manyRoles {
		fmt.Fprintf(&groups, "team %d: [role-%d]\n", i, i)
		fmt.Fprintf(&roles, "role-%d:\n  %s\n  read: [data-%d]\n", i, aws(fmt.Sprintf("role-%d", i)), i%manyDatasets)
		if i%10 > 0 {
			fmt.Fprintf(&roles, "  inherits: [role-%d]\n", i-1)
		}
	}
	return mapOf(groups.String(), datasets.String(), roles.String())
}

// Ten thousand roles and a thousand datasets are answered with memory in proportion to the map and the answer. What is counted is what
// is allocated, which is the same on every machine; make bench has the times.
func TestTenThousandRolesAreAnswered(t *testing.T) {
	needed.FullSpeed(t)
	text := largeMap()
	m := parse(t, text)
	next := parse(t, strings.Replace(text, "    read: [data-0]\n", "    read: [data-0]\n    write: [data-0]\n", 1))
	for name, c := range map[string]struct {
		most int // megabytes that may be allocated, however much of it is freed on the way
		ask  func() error
	}{
		"check": {105, func() error {
			if wrong, warnings := m.Check(), m.Lint(now); len(wrong) > 0 || len(warnings) == 0 {
				return fmt.Errorf("%d problems, %d warnings", len(wrong), len(warnings))
			}
			return nil
		}},
		"who": {40, func() error {
			who, err := answer.New(m, now).Who("data-0", "")
			if err == nil && len(who.Holders) < 100 {
				err = fmt.Errorf("only %d lines", len(who.Holders))
			}
			return err
		}},
		"show": {120, func() error {
			shown, err := answer.New(m, now).Show()
			if err == nil && len(shown.Roles) != manyRoles {
				err = fmt.Errorf("%d roles", len(shown.Roles))
			}
			return err
		}},
		"diff": {200, func() error {
			d := answer.Diff(m, next, now)
			if gains := len(d.Changes); gains < 11 { // ten groups, by inheritance, and the role's own change
				return fmt.Errorf("only %d changes", gains)
			}
			return nil
		}},
		"judge": {60, func() error {
			q, err := answer.NewQuestion("s3:GetObject", "s3://bucket-0/data/0/x")
			if err != nil {
				return err
			}
			allowing, err := answer.New(m, now).Allowing(q)
			if err == nil && len(allowing) < 100 {
				err = fmt.Errorf("only %d roles", len(allowing))
			}
			return err
		}},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := c.ask(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; int(mb) > c.most {
			t.Errorf("%s allocates %d MB, %d at most", name, mb, c.most)
		} else {
			t.Logf("%s: %d MB", name, mb)
		}
	}
}

// A small file can ask for an answer that is far too large: it is refused, not shortened.
func TestAHostileMapIsRefused(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	var groups, datasets, roles, all strings.Builder
	for i := range 500 {
		fmt.Fprintf(&datasets, "data-%d: {location: \"s3://bucket-x/%d/\"}\n", i, i)
		fmt.Fprintf(&all, "data-%d, ", i)
	}
	fmt.Fprintf(&roles, "base: {read: [%s]}\n", strings.TrimSuffix(all.String(), ", "))
	for i := range 500 {
		fmt.Fprintf(&roles, "role-%d: {inherits: [base], %s}\n", i, aws(fmt.Sprint("r", i)))
		fmt.Fprintf(&groups, "team-%d: [role-%d]\n", i, i)
	}
	m := parse(t, mapOf(groups.String(), datasets.String(), roles.String()))
	if _, err := answer.New(m, now).Show(); err == nil {
		t.Error("too much was shown")
	}
	d := answer.Diff(parse(t, mapOf("nobody: []", "", "r: {"+aws("r")+"}")), m, now)
	told := false
	for _, c := range d.Changes {
		told = told || strings.Contains(c.Text, "too much to be compared")
	}
	if !told || !d.Widens {
		t.Error("what was not compared is not told")
	}
}

// What statements written by hand allow beside what is denied is bounded too: twenty statements, fifty resources, fifty actions and a
// hundred places.
func TestHostileStatementsAreRefused(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	var actions, statements, denies []string
	for n := range 50 {
		actions = append(actions, fmt.Sprintf(`"s3:GetObject%s"`, strings.Repeat("V", n+1)))
	}
	for s := range 20 {
		var resources []string
		for n := range 50 {
			resources = append(resources, fmt.Sprintf(`"arn:aws:s3:::acme-ml/data/%s%d-%d/*"`, strings.Repeat("*a", 100), s, n))
		}
		statements = append(statements, fmt.Sprintf("{actions: [%s], resources: [%s]}", strings.Join(actions, ", "), strings.Join(resources, ", ")))
	}
	for n := range 100 {
		denies = append(denies, fmt.Sprintf(`"s3://acme-ml/data/%s%d/"`, strings.Repeat("a", 200), n))
	}
	text := mapOf("team: [role]", fmt.Sprintf("data: {location: \"s3://acme-ml/data/\", deny: [%s]}", strings.Join(denies, ", ")),
		fmt.Sprintf("role: {%s, read: [data], statements: [%s]}", aws("role"), strings.Join(statements, ", ")))
	d := answer.Diff(parse(t, text), parse(t, strings.Replace(text, "/data/*a", "/data/*b", 1)), now)
	if !d.Widens || !strings.Contains(d.Changes[0].Text, "too much to be compared") {
		t.Errorf("what was not compared is not told: %d changes", len(d.Changes))
	}
}
