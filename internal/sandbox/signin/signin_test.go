package signin

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

func TestUserCodes(t *testing.T) {
	for typed, want := range map[string]string{
		"bcdf-ghjk": "BCDF-GHJK", "BCDF  GHJK": "BCDF-GHJK", "BCDFGHJK": "BCDF-GHJK", "": "", "B": "B", "<b>\x1b": "B",
	} {
		if got := normalUserCode(typed); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
	if a, b := newUserCode(), newUserCode(); a == b || normalUserCode(a) != a {
		t.Errorf("codes %q and %q", a, b)
	}
}

func TestManyBrowsersDoNotPileUp(t *testing.T) {
	h, err := harness.New(t.Context(), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	h.Serve(t.Context(), nil)
	t.Cleanup(func() { _ = h.Close() })
	d, err := NewDesk(h)
	if err != nil {
		t.Fatal(err)
	}
	for range maxSessions + 1 {
		d.sessionOf(httptest.NewRequest(http.MethodGet, "/device", nil))
	}
	if n := len(d.sessions); n > maxSessions {
		t.Errorf("%d sessions are kept", n)
	}
}
