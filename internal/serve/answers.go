package serve

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// plain refuses what no client of ours sends, and what comes from a web page: browsers mark their requests, so that a page can
// neither read an answer nor have one made.
func plain(r *http.Request) error {
	page := r.Header["Origin"] != nil
	for name := range r.Header {
		page = page || strings.HasPrefix(name, "Sec-Fetch-")
	}
	switch {
	case page:
		return ui.Errorf("served-web-page", ui.Refused, "a web page asked for credentials, and got none").
			With(ui.Advice("close the page unless you know what it does"))
	case r.Method != http.MethodGet || r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		return ui.Errorf("served-wrong-method", ui.Refused, "a program asked for credentials in another way than by GET").
			With(ui.Advice("ask with an AWS or Databricks SDK"))
	}
	return nil
}

// once passes on the first error of each kind.
func once(tell func(error)) func(error) {
	var mu sync.Mutex
	told := map[ui.ID]bool{}
	return func(err error) {
		mu.Lock()
		before := told[ui.IDOf(err)]
		told[ui.IDOf(err)] = true
		mu.Unlock()
		if tell != nil && !before {
			tell(err)
		}
	}
}

// statusOf is what a refusal is answered with. Never 404, which the Databricks SDK for JavaScript takes for no service at all,
// and never a redirect. 5xx is for what passes: AWS's SDKs then ask again.
func statusOf(err error) int {
	switch ui.CodeOf(err) {
	case ui.LoginNeeded:
		return http.StatusUnauthorized
	case ui.Refused, ui.NoSuchRole, ui.Usage:
		return http.StatusForbidden
	}
	return http.StatusServiceUnavailable
}

// refuse answers in the shape of AWS's SDKs (code) and of Databricks' (error_code) at once. The connection is closed, as node
// waits for it to end.
func refuse(w http.ResponseWriter, err error) {
	w.Header().Set("Connection", "close")
	body, _ := json.Marshal(struct {
		Code      ui.ID  `json:"code"`
		ErrorCode ui.ID  `json:"error_code"`
		Message   string `json:"message"`
	}{ui.IDOf(err), ui.IDOf(err), words(err)})
	reply(w, statusOf(err), body)
}

// words are an error in one line, with what to do.
func words(err error) string {
	text := ui.Cut(err.Error(), 500)
	for _, step := range ui.FixOf(err) {
		if step.Copied {
			text += "; run: " + ui.Clean(step.Text)
		} else {
			text += "; " + ui.Clean(step.Text)
		}
	}
	return ui.Cut(text, 1000)
}

func reply(w http.ResponseWriter, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // JSON, and no browser takes it for anything else
}
