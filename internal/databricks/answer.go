package databricks

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// answer is what a workspace sent back.
type answer struct {
	httpclient.Object // nil unless the body is a JSON object
	status            int
	retryAfter        time.Duration     // 0: not told
	scrub             *strings.Replacer // takes the secrets we sent out of texts that echo them
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
	a := &answer{status: resp.StatusCode, retryAfter: httpclient.RetryAfter(resp.Header, c.Now()), scrub: scrub}
	// The content type is not asked: HTML is no JSON object, whatever it is called.
	a.Object, _ = httpclient.ParseObject(body)
	return a, nil
}

func (a *answer) ok() bool { return a.status >= 200 && a.status <= 299 }

// code is the machine's word for a refusal: OAuth's error (RFC 6749 section 5.2), else Databricks' error_code. Where that
// is a number, it repeats the status and is left out.
func (a *answer) code() string {
	for _, name := range []string{"error", "error_code"} {
		if code := a.Text(name); code != "" {
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
		if text := cut(a.scrub.Replace(a.Text(name)), 600); text != "" {
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

// cut is ui.Cut without space around the text.
func cut(s string, runes int) string { return ui.Cut(strings.TrimSpace(ui.Clean(s)), runes) }
