package databricks

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// object is a JSON object read member by member: one member of an odd type must not cost the others. Names are compared
// exactly, unlike in encoding/json's structs.
type object map[string]json.RawMessage

// parseObject reports false for everything that is not a JSON object, null included.
func parseObject(data []byte) (object, bool) {
	var o object
	if json.Unmarshal(data, &o) != nil || o == nil {
		return nil, false
	}
	return o, true
}

// text returns a string member, or "".
func (o object) text(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

// number returns a finite number, which may be written as a string.
func (o object) number(name string) (float64, bool) {
	raw := string(bytes.TrimSpace(o[name]))
	if s := o.text(name); s != "" {
		raw = strings.TrimSpace(s)
	}
	n, err := strconv.ParseFloat(raw, 64)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}

// answer is what a workspace sent back.
type answer struct {
	object     // nil unless the body is a JSON object
	status     int
	retryAfter time.Duration     // 0: not told
	scrub      *strings.Replacer // takes the secrets we sent out of texts that echo them
}

// ask sends a request. The error is the transport's own, for httpclient.Explain; a refusal is no error yet.
func (c *Client) ask(req *http.Request, scrub *strings.Replacer) (*answer, error) {
	req.Header.Set("Accept", "application/json")
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	a := &answer{status: resp.StatusCode, retryAfter: retryAfter(resp.Header, c.Now()), scrub: scrub}
	// The content type is not asked: HTML is no JSON object, whatever it is called.
	a.object, _ = parseObject(body)
	return a, nil
}

func (a *answer) ok() bool { return a.status >= 200 && a.status <= 299 }

// code is the machine's word for a refusal: OAuth's error (RFC 6749 section 5.2), else Databricks' error_code. Where that
// is a number, it repeats the status and is left out.
func (a *answer) code() string {
	for _, name := range []string{"error", "error_code"} {
		if code := a.text(name); code != "" {
			return cut(a.scrub.Replace(code), 100)
		}
	}
	return ""
}

// words are what the answer says of a refusal, for a person: in OAuth's form, Databricks' or SCIM's (RFC 7644 section
// 3.12), cleaned and bounded; "" where it says nothing.
func (a *answer) words() string {
	words := a.code()
	for _, name := range []string{"error_description", "message", "detail"} {
		if text := cut(a.scrub.Replace(a.text(name)), 600); text != "" {
			if words != "" {
				words += ": "
			}
			return words + text
		}
	}
	return words
}

// fault makes what a person reads of an answer that has to do with the server or the way to it, rather than with the
// person. doing names the server.
func (a *answer) fault(doing string) error {
	words := a.words()
	said := words
	if said == "" {
		said = http.StatusText(a.status)
	}
	switch {
	case a.status == http.StatusNotFound:
		return ui.Fault(ui.Failed,
			"compare the host of the workspace in the access map with the browser's address bar when the workspace is open",
			"%s: there is no such workspace or account (404): %s", doing, said)
	case a.status == http.StatusTooManyRequests:
		return ui.Fault(ui.Failed, "try again in "+a.pause(), "%s: it limits requests (429): %s", doing, said)
	case a.passing():
		return ui.Fault(ui.Failed, "the workspace or a proxy may have a passing fault: try again in "+a.pause(),
			"%s: it answered %d: %s", doing, a.status, said)
	case words != "":
		return ui.Fault(ui.Failed, addressOrProxy, "%s: it answered %d: %s", doing, a.status, words)
	}
	return ui.Fault(ui.Failed, addressOrProxy,
		"%s: what it answered (%d) is no answer of a Databricks workspace", doing, a.status)
}

const addressOrProxy = "check the host of the workspace in the access map, and the proxy if there is one"

// passing reports whether an answer says "later" rather than "no".
func (a *answer) passing() bool {
	code := a.code()
	return a.status >= 500 || code == "server_error" || code == "temporarily_unavailable"
}

func (a *answer) pause() string {
	switch {
	case a.retryAfter <= 0:
		return "a minute"
	case a.retryAfter > 24*time.Hour:
		return "a day"
	}
	return a.retryAfter.Round(time.Second).String()
}

// retryAfter reads Retry-After (RFC 9110 section 10.2.3), in seconds or as a date; 0 where there is none.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now.Round(0)))
	}
	return 0
}

// cut cleans a foreign text and bounds it.
func cut(s string, runes int) string {
	cleaned := []rune(strings.TrimSpace(ui.Clean(s)))
	if len(cleaned) > runes {
		return string(cleaned[:runes]) + "…"
	}
	return string(cleaned)
}
