package shipcmd

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/sent"
	"github.com/dbxaccess/dbxaccess/internal/audit/ship"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// unasked is a sink that has nothing to get: the record is empty.
type unasked struct{}

func (unasked) Send(context.Context, []audit.Entry) (int, error) {
	panic("nothing is there to be sent")
}
func (unasked) Bounds() ship.Bounds { return ship.Bounds{Lines: 1, Bytes: 1 << 20} }

func TestAnotherProcessThatSendsIsNotWaitedForForever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &ship.Shipper{
			Sink:  unasked{},
			Place: sent.PlaceOf(t.TempDir(), "siem", "https://siem.example.com"), Record: t.TempDir(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
		}
		free, err := lock.Dir{Path: s.Dir}.Acquire(t.Context(), "sink siem", lock.Exclusive)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = patiently(t.Context(), s)
		if ui.IDOf(err) != "audit-ship-busy" || ui.CodeOf(err) != ui.Failed || !strings.Contains(ui.HintOf(err), "--follow") {
			t.Errorf("exit %d, %v, hint %q", ui.CodeOf(err), err, ui.HintOf(err))
		}
		if took := time.Since(began); took < busyWait || took > busyWait+5*time.Second {
			t.Errorf("it took %s", took)
		}
		if err := free(); err != nil {
			t.Fatal(err)
		}
		if _, err := patiently(t.Context(), s); err != nil {
			t.Errorf("once it is free: %v", err)
		}
	})
}
