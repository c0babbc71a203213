package httpclient

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// logged logs each request and how it ended, at debug level: never a query, a header or a body, which may hold secrets.
type logged struct {
	http.RoundTripper

	log *slog.Logger
}

// withLog returns base itself unless the log is at debug level, so that it costs nothing.
func withLog(log *slog.Logger, base http.RoundTripper) http.RoundTripper {
	if log == nil || !log.Enabled(context.Background(), slog.LevelDebug) {
		return base
	}
	return logged{base, log}
}

func (l logged) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	resp, err := l.RoundTripper.RoundTrip(r)
	log := l.log.With("method", r.Method, "host", ui.Cut(r.URL.Host, 253), "path", shownPath(r.URL.Path), "ms", time.Since(began).Milliseconds())
	switch {
	case errors.Is(err, context.Canceled):
		log.DebugContext(r.Context(), "request", "failed", "interrupted")
	case err != nil:
		t := troubleOf(r.URL.Host, err)
		if t.what != "" { // what Go's packages say, which people are not told; other errors may quote what was sent
			log = log.With("cause", ui.Cut(ui.Clean(unquotedError{err}.Error()), 200))
		}
		log.DebugContext(r.Context(), "request", "failed", t.id)
	default:
		log.DebugContext(r.Context(), "request", "status", resp.StatusCode, "request_id", requestID(resp.Header))
	}
	return resp, err
}

// requestID is that of the service; "" if it sends none.
func requestID(header http.Header) string {
	for _, name := range [...]string{
		"X-Amzn-Requestid", "X-Amz-Request-Id", "X-Databricks-Request-Id", "X-Ms-Request-Id", "X-Github-Request-Id", "X-Okta-Request-Id",
		"X-Request-Id",
	} {
		if id := header.Get(name); id != "" {
			return ui.Cut(ui.Clean(id), 100)
		}
	}
	return ""
}

// shownPath cuts long segments with a digit: one may be a secret, as the ID of a container's credentials is at ECS.
func shownPath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if len(s) > 20 && strings.ContainsAny(s, "0123456789") {
			segments[i] = ui.Cut(s, 4)
		}
	}
	return ui.Cut(strings.Join(segments, "/"), 200)
}
