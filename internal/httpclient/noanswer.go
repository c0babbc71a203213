package httpclient

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// noAnswerError is an answer that is not the service's.
type noAnswerError struct {
	error

	after   time.Duration // for which the server asks to be left alone; 0 where it does not say
	passing bool          // the same request may be answered in a moment
	wrong   bool          // the same request will never be answered: who answers there is not the service
	lost    bool          // the service may have seen the request, and its own answer was lost
}

func (e noAnswerError) Unwrap() error { return e.error }

// Passing reports whether what came in place of an answer may be over in a moment, as an outage may and a web page won't, and
// for how long the server asks to be left alone: 0 where it does not say.
func Passing(err error) (after time.Duration, ok bool) {
	e, _ := errors.AsType[noAnswerError](err)
	return e.after, e.passing
}

// NoAnswer is the error for an answer that the caller can't take for one of the service's. It tells apart an outage, a
// server that is asked too often, the page of a network or a proxy, an address that is not there, and another server; only
// with the last two may what names the address be wrong. All are Failed, since nobody refused anything.
func (a *Answer) NoAnswer() *ui.Error {
	host, of, named := cmp.Or(a.host, "the server"), cmp.Or(a.asked.Of, "the service"), a.asked.Named
	status := strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)))
	is := noAnswerError{after: a.RetryAfter(time.Now())}
	var id ui.ID
	var fix string
	var then ui.Fix
	switch {
	case a.Status == http.StatusTooManyRequests:
		id, is.passing = "service-busy", true
		is.error = fmt.Errorf("%s answered %s", host, status)
		fix = "it takes no more requests for now: try again in " + Pause(is.after)
	case a.IsPage():
		id = "web-page-came"
		is.error = fmt.Errorf("what came from %s is a web page (%s%s), no answer of %s", host, status, a.title(), of)
		fix = "a network or a proxy on the way shows a page of its own: open any page in a browser and sign in there, " +
			"or ask the network's administrator to let " + host + " through"
	case a.Status >= 500:
		id, is.passing, is.lost = "service-down", true, true
		is.error = fmt.Errorf("%s answered %s", host, status)
		fix = host + " has an outage, or a gateway before it: nothing is wrong with the access map or the settings; try again in " + Pause(is.after)
	case absent(a.Status):
		id, is.wrong = "address-not-there", true
		is.error = fmt.Errorf("%s has nothing at this address (%s)", host, status)
		fix = "check " + cmp.Or(named, "the network or VPN, as this address is the service's own")
	default:
		id, is.wrong, is.lost = "another-server", true, a.OK()
		kind := cmp.Or(a.Shown(a.Header.Get("Content-Type"), 100), "no content type")
		is.error = fmt.Errorf("what %s answered (%s, %s) is no answer of %s", host, status, kind, of)
		fix = "a proxy or another server answers in its place: check the network or VPN"
		then = otherwise(named)
	}
	return ui.Errorf(id, ui.Failed, "%s: %w", cmp.Or(a.asked.Doing, "asking "+host), is).With(ui.Advice(fix), then)
}

// absent reports whether a status says that there is nothing, or nothing of that kind, at an address.
func absent(status int) bool {
	return status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusGone
}

// IsPage recognises the page of a network, a proxy or a sign-in: HTML, by what the server calls it or by its beginning, or
// the status that is theirs alone. The HTML of an outage or of an address that is not there says no more than its status.
func (a *Answer) IsPage() bool {
	switch {
	case a.Status == http.StatusProxyAuthRequired, a.Status == http.StatusNetworkAuthenticationRequired:
		return true
	case a.Status >= 500, absent(a.Status), a.Object != nil: // some servers send JSON as HTML
		return false
	}
	kind, _, _ := strings.Cut(strings.ToLower(a.Header.Get("Content-Type")), ";")
	kind = strings.TrimSpace(kind)
	start := bytes.ToLower(bytes.TrimLeft(a.Body[:min(len(a.Body), 512)], "\ufeff \t\r\n"))
	return kind == "text/html" || kind == "application/xhtml+xml" ||
		bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

// title is what a web page calls itself, behind a comma, "" where it has no title.
func (a *Answer) title() string {
	const longest = 80
	_, rest, _ := strings.Cut(string(a.Body), "<title")
	_, rest, _ = strings.Cut(rest, ">")
	text, _, found := strings.Cut(rest, "</title")
	if text = a.Shown(html.UnescapeString(text), longest); !found || text == "" {
		return ""
	}
	return fmt.Sprintf(", %q", text)
}

// Pause is for how long to wait, as a person is told: "a minute" where the server does not say, "a day" at most.
func Pause(asked time.Duration) string {
	switch {
	case asked <= 0:
		return "a minute"
	case asked > 24*time.Hour:
		return "a day"
	}
	return asked.Round(time.Second).String()
}
