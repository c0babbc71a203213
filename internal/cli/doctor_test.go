package cli

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
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
	for ahead, want := range map[time.Duration]struct{ status, what string }{
		0:                              {statusOK, "this machine's clock agrees with it"},
		-time.Minute:                   {statusOK, "this machine's clock agrees with it"},
		61 * time.Second:               {statusWarning, "this machine's clock is 1m1s behind the provider's"},
		-5 * time.Minute:               {statusWarning, "this machine's clock is 5m0s ahead of the provider's"},
		10 * time.Minute:               {statusFault, "this machine's clock is 10m0s behind the provider's"},
		-(5*time.Minute + time.Second): {statusFault, "this machine's clock is 5m1s ahead of the provider's"},
	} {
		f := clockFinding("idp.example.com", ahead, "linux")
		if f.Status != want.status || f.What != want.what || (len(f.Fix) == 0) != (f.Status == statusOK) {
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

func TestJoinedErrorsAreTakenApart(t *testing.T) {
	t.Parallel()
	a, b := errors.New("a"), ui.Fault(ui.Failed, "", "%w and %w", errors.New("b"), errors.New("c"))
	if got := each(errors.Join(errors.Join(nil, a), b)); !slices.Equal(got, []error{a, b}) {
		t.Errorf("got %v", got)
	}
	if got := each(b); !slices.Equal(got, []error{b}) {
		t.Errorf("what is wrapped stays whole, got %v", got)
	}
	if got := each(nil); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestTriesAreBoundedAndKeepTheirOrder(t *testing.T) {
	t.Parallel()
	down := httpclient.Explain("asking", &net.OpError{Op: "dial", Err: errors.New("connection refused")})
	refused := ui.Fault(ui.Refused, "ask for it", "AWS refuses")
	results := []error{nil, down, refused, down, nil, refused, nil, nil, nil}
	var atOnce, most atomic.Int32
	d := &doctor{}
	d.tryAll(t.Context(), len(results), func(ctx context.Context, i int) finding {
		if n := atOnce.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer atOnce.Add(-1)
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("a try has no end")
		}
		subject := string(rune('a' + i))
		if results[i] != nil {
			return failed(statusFault, "role", subject, "x", results[i])
		}
		return finding{Check: "role", Subject: subject, Status: statusOK}
	})
	var got []string
	for _, f := range d.findings {
		got = append(got, f.Subject+" "+f.Status)
	}
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
	d := &doctor{}
	d.fault("role", "a\x1b[31m", "b\x07", ui.Fault(ui.Failed, "one\x1b\ntwo", "c\nd"))
	want := finding{Check: "role", Subject: "a[31m", Status: statusFault, What: "b", Why: "c d", Fix: ui.Advice("one", "two")}
	if diff := cmp.Diff(want, d.findings[0], cmp.AllowUnexported(finding{})); diff != "" {
		t.Error(diff)
	}
	d.fault("role", "", "x", errors.New("y"))
	if len(d.findings[1].Fix) == 0 {
		t.Error("a fault says what to do, even where nobody knows")
	}
}

func TestFindingsFitATerminal(t *testing.T) {
	t.Parallel()
	report := doctorReport{Faults: 1, Warnings: 1, Findings: []finding{
		{Check: "map", Subject: "/home/alice/map.yaml", Status: statusOK, What: "1 identity, 2 roles, 1 workspace; DBXACCESS_MAP names it"},
		{
			Check: "role", Subject: "ml-trainer", Status: statusFault, What: "it can't be taken",
			Why: "AWS refuses role arn:aws:iam::111122223333:role/ml-trainer: not authorized to perform sts:AssumeRoleWithWebIdentity",
			Fix: append(ui.Advice("presented: issuer https://acme.okta.com/oauth2/default, audience 0oa1b2c3d4, subject 00u1alice7Kq"),
				ui.Command("dbxaccess map policy ml-trainer")...),
		},
		{Check: "environment", Subject: "AWS_PROFILE", Status: statusWarning, What: "is set and names mine", Fix: ui.Command("unset AWS_PROFILE")},
		{Check: "workspace", Status: statusSkipped, What: "not checked: nobody is signed in"},
	}}
	var screen, pipe bytes.Buffer
	if err := printDoctor(&ui.Screen{Terminal: &screen, Width: 80}, report); err != nil {
		t.Fatal(err)
	}
	want := `✓ ok      map          /home/alice/map.yaml: 1 identity, 2 roles, 1 workspace;
                       DBXACCESS_MAP names it
✗ fault   role         ml-trainer: it can't be taken
          why  AWS refuses role arn:aws:iam::111122223333:role/ml-trainer: not
               authorized to perform sts:AssumeRoleWithWebIdentity
          fix  presented: issuer https://acme.okta.com/oauth2/default, audience
               0oa1b2c3d4, subject 00u1alice7Kq
               dbxaccess map policy ml-trainer
! warning environment  AWS_PROFILE: is set and names mine
          fix  unset AWS_PROFILE
- skipped workspace    not checked: nobody is signed in

1 ok, 1 warning, 1 fault, 1 skipped
`
	if diff := cmp.Diff(want, screen.String()); diff != "" {
		t.Error(diff)
	}
	if err := printDoctor(&pipe, report); err != nil || !strings.Contains(pipe.String(), "1 workspace; DBXACCESS_MAP names it\n") {
		t.Errorf("in a pipe, lines are whole: %v\n%s", err, pipe.String())
	}
	screen.Reset()
	if err := printDoctor(&ui.Screen{Terminal: &screen, Width: 80, Colour: true}, report); err != nil || !strings.Contains(screen.String(), "\x1b[31m✗ fault\x1b[0m   role") {
		t.Errorf("%v\n%q", err, screen.String())
	}
}
