package loopback

import (
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// pageText is the page that ends a sign-in. It is the same for everybody: nothing of a request gets into it.
//
//go:embed page.html
var pageText string

// Page is the page for how the sign-in went, the same for everybody. Why it failed is told by the terminal alone.
func Page(signedIn bool) string {
	words := strings.NewReplacer("{class}", "failed", "{title}", "Not signed in", "{state}", "not signed in",
		"{text}", "The terminal says what happened and how to go on. You can close this window.")
	if signedIn {
		words = strings.NewReplacer("{class}", "good", "{title}", "Signed in", "{state}", "signed in",
			"{text}", "You can close this window and return to the terminal.")
	}
	return words.Replace(pageText)
}

// writePage answers the browser.
func writePage(w http.ResponseWriter, signedIn bool) {
	page, status := Page(signedIn), http.StatusForbidden
	if signedIn {
		status = http.StatusOK
	}
	guard(w.Header(), styleHash(page))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(page))
	_ = http.NewResponseController(w).Flush()
}

// turnAway answers what has no business here.
func turnAway(w http.ResponseWriter, status int) {
	guard(w.Header(), "")
	http.Error(w, http.StatusText(status), status)
}

// guard forbids a page everything but its own style, and keeps its address, which holds the code, from caches and other
// sites.
func guard(header http.Header, style string) {
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	if style != "" {
		policy += "; style-src '" + style + "'"
	}
	for name, value := range map[string]string{
		"Content-Security-Policy":      policy,
		"Cache-Control":                "no-store",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Connection":                   "close",
	} {
		header.Set(name, value)
	}
}

// styleHash names a page's only style in a policy (CSP Level 3 §2.3.1).
func styleHash(page string) string {
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
