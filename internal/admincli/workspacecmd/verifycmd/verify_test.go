package verifycmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

func TestARunThatCanNotBeKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := shelfOf(file, "https://dbc-1.cloud.databricks.com", "").save(&verify.State{}); ui.IDOf(err) != "verify-state-unwritable" || !strings.Contains(ui.HintOf(err), file) {
		t.Errorf("%s: %v, hint %q", ui.IDOf(err), err, ui.HintOf(err))
	}
}

func TestATokenIsRenewedInTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	first, second := &databricks.Token{Expires: now.Add(time.Hour)}, &databricks.Token{Expires: now.Add(2 * time.Hour)}
	answer, failed, asked := first, error(nil), 0
	next := renewal(func(context.Context) (*databricks.Token, error) { asked++; return answer, failed }, first, func() time.Time { return now })
	want := func(name string, token *databricks.Token, wantErr error, wantAsked int) {
		t.Helper()
		if got, err := next(t.Context()); got != token || !errors.Is(err, wantErr) || asked != wantAsked {
			t.Errorf("%s: %v, %v after %d questions", name, got, err, asked)
		}
	}
	want("long before its end", first, nil, 0)
	now = now.Add(55 * time.Minute)
	want("shortly before, and the broker still serves it", first, nil, 1)
	want("nobody is asked at once again", first, nil, 1)
	now, failed = now.Add(time.Minute), ui.Errorf("login-needed", ui.LoginNeeded, "sign in")
	want("nobody is signed in any more, but it lives", first, nil, 2)
	now = now.Add(10 * time.Minute)
	want("it has ended", nil, failed, 3)
	answer, failed = second, nil
	want("signed in again", second, nil, 4)
	want("long before the end of that", second, nil, 4)
}

func TestARunIsKeptUntilTheNextOneEnds(t *testing.T) {
	t.Parallel()
	kept := shelfOf(t.TempDir(), "https://dbc-1.cloud.databricks.com", "")
	run := verify.NewState("v1", "https://dbc-1.cloud.databricks.com", "", "d", nil, time.Time{}, time.Now())
	if load(kept.ended) != nil || load(kept.unfinished) != nil {
		t.Error("there is none yet")
	}
	if err := kept.save(run); err != nil || load(kept.ended) != nil || load(kept.unfinished) == nil || !load(kept.unfinished).Continues(run) {
		t.Errorf("unfinished: %v", err)
	}
	run.Ended = time.Now()
	if err := kept.save(run); err != nil || load(kept.ended) == nil || load(kept.unfinished) != nil {
		t.Errorf("ended: %v", err)
	}
	if other := shelfOf(filepath.Dir(filepath.Dir(kept.ended)), "https://dbc-1.cloud.databricks.com", "1234"); other.ended == kept.ended {
		t.Error("two workspaces of one host share a file")
	}
}

// The workspace's clock may be behind ours: what it says was changed shortly before the last run may have changed after it.
func TestTheLastRunBeganALittleEarlier(t *testing.T) {
	t.Parallel()
	state := func(since time.Time) *verify.State {
		return verify.NewState("v1", "https://dbc-1.cloud.databricks.com", "", "d", []verify.Part{verify.Jobs}, since, time.Now())
	}
	kept, last := shelfOf(t.TempDir(), "https://dbc-1.cloud.databricks.com", ""), state(time.Time{})
	last.Ended = time.Now()
	if err := kept.save(last); err != nil {
		t.Fatal(err)
	}
	next := begin(&cli.Env{}, kept, state(time.Time{}), true, false)
	if early := last.Began.Sub(next.Since); early != clocksDiffer {
		t.Errorf("it looks at what has changed since %s before the last run", early)
	}
}

// hostile is a report of names that want to be more than text.
func hostile() *report {
	s := verify.NewState("v1", "https://dbc-1.cloud.databricks.com", "", "d", []verify.Part{verify.Jobs}, time.Time{}, time.Now())
	s.Parts[verify.Jobs] = &verify.At{Objects: 1, Missed: `<img src=x onerror="alert(1)">`}
	s.Findings = []verify.Finding{{
		ID: "verify-static-key", Severity: verify.High, Part: verify.Jobs, Object: verify.Object{Type: "job", ID: "1", Name: `<script>alert(1)</script>`},
		Where: `"><b>`, What: `<i>what</i>`, Fix: ui.Command(`</div><script>`), RunsAs: `<a href="javascript:1">`,
	}}
	s.RunsAs = map[string]*verify.Identity{"x": {Name: `</text><script>`, Kind: verify.Person, Objects: 2, AsCreator: 1}}
	return reportOf(s, "admin")
}

func TestAReportIsTextWhateverStandsInIt(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := printHTML(&b, hostile(), time.Now()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if found := regexp.MustCompile(`(?i)<(script|img|i|b|a)[ >]`).FindString(page); found != "" {
		t.Errorf("%s stands in the page", found)
	}
	if found := regexp.MustCompile(`(?i)<(link|iframe|object|base|form)|@import|url\(|<[^>]*\s(src|href|on\w+)\s*=`).FindString(page); found != "" {
		t.Errorf("it fetches something: %s", found)
	}
	for _, part := range []string{`<rect class="high"`, `<rect class="named"`, `<rect class="creator"`, "Not everything was looked at", "&lt;script&gt;alert(1)", "Content-Security-Policy"} {
		if !strings.Contains(page, part) {
			t.Errorf("%s is missing", part)
		}
	}
}

func TestObjectsAreAddressesForCodeScanning(t *testing.T) {
	t.Parallel()
	log := sarifOf(hostile(), "v1")
	if len(log.Runs) != 1 {
		t.Fatal(log)
	}
	for f, want := range map[verify.Object]string{
		{Type: "notebook", Name: "/Users/a@b.com/n b"}: "dbc-1.cloud.databricks.com/notebooks/Users/a%40b.com/n%20b",
		{Type: "job", ID: "7", Name: "nightly"}:        "dbc-1.cloud.databricks.com/notebooks/7",
	} {
		if uri := uriOf("https://dbc-1.cloud.databricks.com", verify.Finding{Part: verify.Notebooks, Object: f}); uri != want {
			t.Errorf("%s, not %s", uri, want)
		}
	}
}

func TestAVerdictCountsWhatWasNotLookedAt(t *testing.T) {
	t.Parallel()
	low, high := verify.Finding{ID: "verify-tag-missing", Severity: verify.Low}, verify.Finding{ID: "verify-static-key", Severity: verify.High}
	unread := verify.Finding{ID: "verify-not-read", Severity: verify.Medium}
	for name, c := range map[string]struct {
		findings []verify.Finding
		failOn   verify.Severity
		id       ui.ID
	}{
		"none": {nil, verify.Low, ""}, "low": {[]verify.Finding{low}, verify.Low, "verify-found"}, "low, which is passed over": {[]verify.Finding{low}, verify.High, ""},
		"high": {[]verify.Finding{low, high}, verify.High, "verify-found"}, "not looked at": {[]verify.Finding{unread}, verify.High, "verify-not-known"},
		"not looked at, beside others": {[]verify.Finding{low, unread}, verify.High, "verify-found"},
	} {
		if err := (&report{Findings: c.findings}).verdict(c.failOn); ui.IDOf(err) != c.id {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheProgressSaysHowLong(t *testing.T) {
	t.Parallel()
	w := &watch{}
	w.set(verify.Progress{Part: verify.Notebooks, Number: 15, Of: 15, Objects: 1240, Findings: 1, Left: 4 * time.Minute})
	if text := w.text(); text != "looking at notebooks (15 of 15): 1240 objects, 1 finding, about 4m left" {
		t.Error(text)
	}
}
