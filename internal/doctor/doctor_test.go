package doctor

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestClocksMayDifferByAMinute(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]struct {
		status Status
		what   string
	}{
		0:                              {OK, "this machine's clock agrees with it"},
		-time.Minute:                   {OK, "this machine's clock agrees with it"},
		61 * time.Second:               {Warning, "this machine's clock is 1m behind the provider's"},
		-5 * time.Minute:               {Warning, "this machine's clock is 5m ahead of the provider's"},
		10 * time.Minute:               {Fault, "this machine's clock is 10m behind the provider's"},
		9*time.Minute + 40*time.Second: {Fault, "this machine's clock is 10m behind the provider's"},
		-(5*time.Minute + time.Second): {Fault, "this machine's clock is 5m ahead of the provider's"},
	} {
		f := clockFinding("idp.example.com", ahead, "linux")
		if f.Status != want.status || f.What != want.what || (len(f.Fix) == 0) != (f.Status == OK) {
			t.Errorf("%s ahead: %+v", ahead, f)
		}
	}
	for goos, fix := range map[string]string{
		"linux": "sudo timedatectl set-ntp true", "darwin": "sudo sntp -sS time.apple.com", "windows": "w32tm /resync",
	} {
		if f := clockFinding("idp.example.com", time.Hour, goos); f.Fix.String() != fix {
			t.Errorf("%s: %q", goos, f.Fix)
		}
	}
}

func TestTriesAreBoundedAndKeepTheirOrder(t *testing.T) {
	t.Parallel()
	down := httpclient.Explain("asking", &net.OpError{Op: "dial", Err: errors.New("connection refused")})
	refused := ui.Errorf("role-refused", ui.Refused, "AWS refuses").With(ui.Advice("ask for it"))
	results := []error{nil, down, refused, down, nil, refused, nil, nil, nil}
	var atOnce, most atomic.Int32
	var got []string
	d := &examination{Links: Links{Now: time.Now}, tell: func(f Finding) { got = append(got, f.Subject+" "+string(f.Status)) }}
	d.tryAll(t.Context(), "role-skipped", len(results), func(ctx context.Context, i int) Finding {
		if n := atOnce.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer atOnce.Add(-1)
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("a try has no end")
		}
		subject := string(rune('a' + i))
		if results[i] != nil {
			return failed(Fault, "role-refused", subject, "x", results[i])
		}
		return Finding{ID: "role-taken", Subject: subject, Status: OK}
	})
	want := []string{"a ok", "b fault", "c fault", "d skipped", "e ok", "f fault", "g ok", "h ok", "i ok"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a network that is down is told once, refusals each: %s", diff)
	}
	if most.Load() > triesAtOnce {
		t.Errorf("%d at once", most.Load())
	}
}

func TestFindingsAreCleaned(t *testing.T) {
	t.Parallel()
	var found []Finding
	d := &examination{Links: Links{Now: time.Now}, tell: func(f Finding) { found = append(found, f) }}
	d.fault("role-refused", "a\x1b[31m", "b\x07", ui.Errorf("x", ui.Failed, "c\nd").With(ui.Advice("one\x1b", "two")))
	want := Finding{ID: "role-refused", Check: "role", Cause: "x", Subject: "a[31m", Status: Fault, What: "b", Why: "c d", Fix: ui.Advice("one", "two")}
	if diff := cmp.Diff(want, found[0], cmp.AllowUnexported(Finding{})); diff != "" {
		t.Error(diff)
	}
	d.fault("role-refused", "", "x", errors.New("y"))
	if len(found[1].Fix) != 0 {
		t.Errorf("%v promises more than there is", found[1].Fix)
	}
	d.fault("role-refused", "", "x", &net.OpError{Op: "dial", Err: errors.New("y")})
	if !strings.Contains(found[2].Fix.String(), "--debug") { // which shows each request
		t.Error("where a request failed, there is more to see")
	}
}
