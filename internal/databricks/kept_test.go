package databricks

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What a host says of itself is kept for other processes, and is no obstacle once it says otherwise.
func TestWhatAHostSaysIsKept(t *testing.T) {
	t.Parallel()
	asked, clock := 0, now
	w := serve(t, granted("3600"))
	say := func(body string) {
		w.configured(body)
		config := w.config
		w.config = func(rw http.ResponseWriter, r *http.Request) { asked++; config(rw, r) }
	}
	say(`{"oidc_endpoint":"HOST/oidc"}`)
	w.Notes, w.Now = &lock.NotesInProcess{}, func() time.Time { return clock }
	exchange := func(wantAsked int, wantPath string) {
		t.Helper()
		_, err := w.Exchange(t.Context(), w.exchange())
		if last := w.requests[len(w.requests)-1].URL.Path; err != nil || asked != wantAsked || last != wantPath {
			t.Errorf("%v; asked %d times, traded at %s", err, asked, last)
		}
	}
	exchange(1, "/oidc/v1/token")
	exchange(1, "/oidc/v1/token")
	clock = clock.Add(24 * time.Hour)
	exchange(2, "/oidc/v1/token")

	say(`{"oidc_endpoint":"HOST/other"}`)
	w.handlers = []http.HandlerFunc{func(rw http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/other/") {
			says(404, `{"error_code":"ENDPOINT_NOT_FOUND"}`)(rw, r)
			return
		}
		granted("3600")(rw, r)
	}}
	exchange(3, "/other/v1/token")
	exchange(3, "/other/v1/token")

	// What leads elsewhere is refused, kept or not, and the host may take it back.
	say(`{"oidc_endpoint":"https://evil.example/oidc"}`)
	clock = clock.Add(24 * time.Hour)
	traded := len(w.requests)
	for range 2 {
		if _, err := w.Exchange(t.Context(), w.exchange()); ui.IDOf(err) != "workspace-oidc-elsewhere" {
			t.Error(err)
		}
	}
	if asked != 5 || len(w.requests) != traded {
		t.Errorf("asked %d times, traded %d times", asked, len(w.requests)-traded)
	}
	say(`{"oidc_endpoint":"HOST/other"}`)
	exchange(6, "/other/v1/token")

	// So is that it says nothing, for an hour.
	w.config = func(rw http.ResponseWriter, r *http.Request) { asked++; says(404, "")(rw, r) }
	w.handlers = []http.HandlerFunc{granted("3600")}
	clock = clock.Add(24 * time.Hour)
	exchange(7, "/oidc/v1/token")
	exchange(7, "/oidc/v1/token")
	clock = clock.Add(time.Hour)
	exchange(8, "/oidc/v1/token")
}
