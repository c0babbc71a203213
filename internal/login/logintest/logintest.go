// Package logintest doubles what the tests of sign-ins talk to: an identity provider, an Identity Center and a keyring, all in
// memory, and the person's screen. Being without a network, they work where time is faked, and they answer each request as a
// test wants.
package logintest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
)

// Log is nobody's.
var Log = slog.New(slog.DiscardHandler)

// InBrowser is the screen of someone who signs in by browser.
func InBrowser(browse func(address string)) login.Screen {
	return login.Screen{
		Flow: func(_, _ bool) (login.Flow, error) { return login.FlowBrowser, nil },
		Page: func(address string, _ bool) func() { browse(address); return func() {} },
	}
}

// ByCode is the screen of someone who signs in by device code.
func ByCode(show func(*login.DeviceCode)) login.Screen {
	return login.Screen{
		Flow: func(_, _ bool) (login.Flow, error) { return login.FlowDevice, nil },
		Code: func(code *login.DeviceCode) func() { show(code); return func() {} },
	}
}

// Fresh loads a session and has it renewed if need be.
func Fresh(ctx context.Context, s login.Source, p login.Provider, minLife time.Duration) (*login.Session, error) {
	present, err := s.Load(ctx, p)
	if err != nil {
		return nil, err
	}
	return s.Lasting(ctx, p, present, minLife)
}

// Printed is what comes of values by all the ways in which they might get out.
func Printed(t *testing.T, values ...any) string {
	t.Helper()
	var out bytes.Buffer
	for _, value := range values {
		plain, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("", "value", value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("", "value", value)
		fmt.Fprintf(&out, "%v %+v %#v %s", value, value, value, plain)
	}
	return out.String()
}

// Canceled is a context that is over.
func Canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// Signals starts the runtime's signal handling. A renewal does so too, and it could not live in a bubble of fake time: call it
// in TestMain.
func Signals() { login.HoldSignals()() }
