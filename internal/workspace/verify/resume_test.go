package verify_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

// again is a State as another process reads it.
func again(t *testing.T, s *verify.State) *verify.State {
	t.Helper()
	kept, err := json.Marshal(s)
	read := new(verify.State)
	if err == nil {
		err = json.Unmarshal(kept, read)
	}
	if err != nil {
		t.Fatal(err)
	}
	return read
}

const manyThings = `{
	"jobs": [{"job_id": 1, "creator_user_name": "alice@example.com", "settings": {"name": "one", "tasks": [{"task_key": "a", "notebook_task": {"base_parameters": {"token": "DAPI"}}}]}}],
	"made_up_jobs": 9,
	"tree": [
		{"path": "/a/one.py", "type": "FILE", "modified_at": 1700000000000, "content": "t = 'DAPI'"}, {"path": "/a/b/two.py", "type": "FILE", "modified_at": 1700000000000, "content": "t = 'DAPI'"},
		{"path": "/c/three.py", "type": "FILE", "modified_at": 1700000000000, "content": "t = 'DAPI'"}, {"path": "/c/four.py", "type": "FILE", "modified_at": 1700000000000, "content": "print()"}],
	"page": 2}`

// A run that is stopped after any of its steps goes on where it was, finds the same, and counts nothing twice.
func TestARunGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	d.hold(quoted.Replace(manyThings))
	parts := []verify.Part{verify.Jobs, verify.Notebooks}
	whole := d.state(parts...)
	steps := 0
	if err := d.run(t.Context(), whole, func(o *verify.Options) { o.Progress = func(verify.Progress) { steps++ } }); err != nil {
		t.Fatal(err)
	}
	if steps < 8 {
		t.Fatalf("only %d steps", steps)
	}
	asked := d.Calls()[harness.ComputeJobs] + d.Calls()[harness.ComputeNotebooks]
	for stop := 1; stop < steps-1; stop++ { // after the last folder, nothing more is asked for
		before := d.Calls()[harness.ComputeJobs] + d.Calls()[harness.ComputeNotebooks]
		s, n := d.state(parts...), 0
		ctx, cancel := context.WithCancel(t.Context())
		err := d.run(ctx, s, func(o *verify.Options) {
			o.Progress = func(verify.Progress) {
				if n++; n == stop {
					cancel()
				}
			}
		})
		cancel()
		if err == nil || !s.Ended.IsZero() || len(s.Left()) == 0 || !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d steps: %v", stop, err)
		}
		if s = again(t, s); !s.Continues(d.state(parts...)) {
			t.Fatal("it does not go on")
		}
		if err := d.run(t.Context(), s); err != nil || s.Ended.IsZero() {
			t.Fatalf("after %d steps: %v", stop, err)
		}
		if have := lines(s); !slices.Equal(have, lines(whole)) {
			t.Errorf("after %d steps:\n%s\nwithout:\n%s", stop, strings.Join(have, "\n"), strings.Join(lines(whole), "\n"))
		}
		for _, part := range parts {
			if have, want := s.Parts[part], whole.Parts[part]; have.Objects != want.Objects {
				t.Errorf("after %d steps, %s: %d objects, not %d", stop, part, have.Objects, want.Objects)
			}
		}
		if have, want := s.Identities(), whole.Identities(); !slices.Equal(have, want) {
			t.Errorf("after %d steps: %v, not %v", stop, have, want)
		}
		// At most the page or folder that it was at is asked for again.
		if more := d.Calls()[harness.ComputeJobs] + d.Calls()[harness.ComputeNotebooks] - before - asked; more > 4 {
			t.Errorf("after %d steps: %d requests more", stop, more)
		}
	}
}

func TestAPageThatIsKnownNoMoreBeginsTheListAnew(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	d.hold(`{"made_up_jobs": 5, "page": 2}`)
	s := d.state(verify.Jobs)
	s.Parts[verify.Jobs] = &verify.At{Objects: 3, Cursor: json.RawMessage(`"stale"`)}
	if err := d.run(t.Context(), s); err != nil || s.Parts[verify.Jobs].Objects != 5 || s.Parts[verify.Jobs].Missed != "" {
		t.Errorf("%v: %+v", err, s.Parts[verify.Jobs])
	}
}

func TestWhatIsNotShownIsTold(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	d.hold(`{"denied": ["tokens"], "absent": ["apps"], "jobs": [{"job_id": 1}]}`)
	s := d.state(verify.Tokens, verify.Apps, verify.Jobs)
	if err := d.run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	d.want(lines(s), "medium verify-not-read part tokens")
	if !slices.Equal(s.Left(), []verify.Part{verify.Tokens}) || !s.Parts[verify.Apps].Absent || s.Parts[verify.Jobs].Objects != 1 {
		t.Errorf("left %v: %+v", s.Left(), s.Parts)
	}
}

func TestARunEndsWhereNothingMoreIsToBeHad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(d *double)
		id      ui.ID
		code    ui.Code
	}{
		"the token is taken no more": {func(d *double) {
			d.Inject(harness.Fault{Endpoint: harness.ComputeJobs, Times: harness.Always, Status: http.StatusUnauthorized, Body: `{"error_code": 401, "message": "Invalid access token."}`, ContentType: "application/json"})
		}, "workspace-token-refused", ui.Refused},
		"the token can't be renewed": {func(d *double) {
			d.options.Renew = func(context.Context) (*databricks.Token, error) {
				return nil, ui.Errorf("login-needed", ui.LoginNeeded, "sign in")
			}
		}, "login-needed", ui.LoginNeeded},
		"the network is lost": {func(d *double) {
			d.Inject(harness.Fault{Endpoint: harness.ComputeJobs, Times: harness.Always, Drop: true})
		}, "", ui.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDouble(t)
			d.hold(`{"made_up_jobs": 3}`)
			c.prepare(d)
			s, saved := d.state(verify.Jobs, verify.Queries), 0
			err := d.run(t.Context(), s, func(o *verify.Options) { o.Save = func(*verify.State) error { saved++; return nil } })
			if err == nil || ui.CodeOf(err) != c.code || c.id != "" && ui.IDOf(err) != c.id || saved == 0 {
				t.Errorf("%v (%s), saved %d times", err, ui.IDOf(err), saved)
			}
			if !slices.Equal(s.Left(), []verify.Part{verify.Jobs, verify.Queries}) || !s.Ended.IsZero() {
				t.Errorf("left: %v", s.Left())
			}
		})
	}
}

func TestABusyWorkspaceIsWaitedFor(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	d.hold(`{"made_up_jobs": 3}`)
	d.Inject(harness.Fault{Endpoint: harness.ComputeJobs, Error: "REQUEST_LIMIT_EXCEEDED", Message: "slow down"})
	s := d.state(verify.Jobs)
	if err := d.run(t.Context(), s); err != nil || s.Parts[verify.Jobs].Objects != 3 {
		t.Errorf("%v: %+v", err, s.Parts[verify.Jobs])
	}
}

func TestWhatDidNotChangeIsLeftOut(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	d.hold(quoted.Replace(manyThings))
	first := d.state(verify.Notebooks)
	if err := d.run(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	d.hold(quoted.Replace(strings.Replace(manyThings, `"modified_at": 1700000000000, "content": "t = 'DAPI'"}, {`, `"modified_at": 4000000000000, "content": "t = 1"}, {`, 1)))
	second := verify.NewState("v1.2.3", d.Origin(), "", d.m.Digest(), []verify.Part{verify.Notebooks}, first.Began, time.Now())
	if !second.Follows(again(t, first)) {
		t.Fatal("it does not follow")
	}
	exports := d.Calls()[harness.ComputeNotebooks]
	if err := d.run(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if n := d.Calls()[harness.ComputeNotebooks] - exports; n != 5 { // four folders, and the one file that changed
		t.Errorf("%d requests", n)
	}
	d.want(lines(second), "high verify-static-key file /a/b/two.py, line 1", "high verify-static-key file /c/three.py, line 1")
	if at := second.Parts[verify.Notebooks]; at.Objects != 1 || at.Skipped != 3 {
		t.Errorf("%+v", at)
	}
	first.Beyond = map[ui.ID]int{"verify-static-key": 1}
	if verify.NewState("v1.2.3", d.Origin(), "", d.m.Digest(), []verify.Part{verify.Notebooks}, first.Began, time.Now()).Follows(first) {
		t.Error("a key that was not listed is forgotten")
	}
	third := verify.NewState("v1.2.4", d.Origin(), "", d.m.Digest(), []verify.Part{verify.Notebooks}, first.Began, time.Now())
	if third.Follows(first) || third.Before[verify.Notebooks] != 4 {
		t.Errorf("another version finds other things: %v", third.Before)
	}
}

func TestTenThousandJobsTakeNoMoreMemory(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	d := newDouble(t)
	d.hold(`{"made_up_jobs": 10000}`)
	var most uint64
	pages := 0
	s := d.state(verify.Jobs)
	if err := d.run(t.Context(), s, func(o *verify.Options) {
		o.Progress = func(verify.Progress) {
			if pages++; pages%20 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if at := s.Parts[verify.Jobs]; at.Objects != 10_000 || len(s.Identities()) != 50 {
		t.Errorf("%+v, %d identities", at, len(s.Identities()))
	}
	if n := len(s.Findings); n != 5000 || s.Beyond["verify-runs-as-person"] != 5000 {
		t.Errorf("%d findings, %d beyond", n, s.Beyond["verify-runs-as-person"])
	}
	// The jobs are 20 MB as JSON; the findings that are kept take 10.
	if most > 40<<20 {
		t.Errorf("%d MB", most>>20)
	}
	t.Logf("%d MB at most", most>>20)
}

// Where to go on is written down when the State is kept, and not for each of half a million folders.
func TestTheWayIsWrittenDownWhenItIsKept(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	d.hold(quoted.Replace(manyThings))
	s, steps := d.state(verify.Notebooks), 0
	err := d.run(t.Context(), s, func(o *verify.Options) {
		o.Progress = func(verify.Progress) {
			if at := s.Parts[verify.Notebooks]; at != nil {
				if steps++; at.Cursor != nil {
					t.Errorf("step %d: %s", steps, at.Cursor)
				}
			}
		}
	})
	if err != nil || steps < 4 {
		t.Errorf("%d steps, %v", steps, err)
	}
}
