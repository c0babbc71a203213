package databricks

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// answer is what a workspace sent back.
type answer struct {
	*httpclient.Answer

	retryAfter time.Duration // 0: not told
}

const namedByMap = "the host of the workspace in the access map"

// ask sends a request that holds a secret.
func (c *Client) ask(doing string, r *http.Request, sent ...secret.String) (*answer, error) {
	r.Header.Set("Accept", "application/json")
	a, err := httpclient.Do(c.HTTP, httpclient.Asked{Doing: doing, Of: "a Databricks workspace", Named: namedByMap}, r, sent...)
	if err != nil {
		return nil, err
	}
	return &answer{a, a.RetryAfter(c.Now())}, nil
}

// code is the machine-readable reason of a refusal: OAuth's error (RFC 6749 section 5.2), else Databricks' error_code.
// Where that is a number, it repeats the status and is left out.
func (a *answer) code() string {
	for _, name := range []string{"error", "error_code"} {
		if code := a.Text(name); code != "" {
			return a.Shown(code, 100)
		}
	}
	return ""
}

// words are what the answer says of a refusal, for a person: in OAuth's form, Databricks' or SCIM's (RFC 7644 section
// 3.12), cleaned and bounded; "" where it says nothing.
func (a *answer) words() string {
	words := a.code()
	for _, name := range []string{"error_description", "message", "detail"} {
		if text := a.Shown(a.Text(name), 600); text != "" {
			if words != "" {
				words += ": "
			}
			return words + text
		}
	}
	return words
}

// fault builds the error for server-side and network failures (404, 429, 5xx, non-JSON). doing names the server.
func (a *answer) fault(doing string) error {
	if a.words() == "" && a.Status != http.StatusNotFound {
		return a.NoAnswer()
	}
	return fault(doing, a.Status, a.words(), a.transient(), httpclient.Pause(a.retryAfter))
}

func fault(doing string, status int, words string, transient bool, pause string) error {
	said := cmp.Or(words, http.StatusText(status))
	switch {
	case status == http.StatusNotFound:
		return ui.Errorf("workspace-not-found", ui.Failed, "%s: there is no such workspace or account (404): %s", doing, said).
			With(ui.Advice("compare the host of the workspace in the access map with the browser's address bar when the workspace is open"))
	case status == http.StatusTooManyRequests:
		return ui.Errorf("workspace-throttled", ui.Failed, "%s: it limits requests (429): %s", doing, said).
			With(ui.Advice("try again in " + pause))
	case transient:
		return ui.Errorf("workspace-unavailable", ui.Failed, "%s: it answered %d: %s", doing, status, said).
			With(ui.Advice("the workspace or a proxy may have a temporary fault: try again in " + pause))
	case words != "":
		return ui.Errorf("workspace-refuses", ui.Failed, "%s: it answered %d: %s", doing, status, words).
			With(ui.Advice(addressOrProxy))
	}
	return ui.Errorf("workspace-unknown-answer", ui.Failed, "%s: what it answered (%d) is no answer of a Databricks workspace", doing, status).
		With(ui.Advice(addressOrProxy))
}

const addressOrProxy = "check the host of the workspace in the access map, and the proxy if there is one"

// transient reports whether an answer says "later" rather than "no".
func (a *answer) transient() bool {
	code := a.code()
	return a.Status >= 500 || code == "server_error" || code == "temporarily_unavailable"
}

// cut is ui.Cut without space around the text.
func cut(s string, runes int) string { return ui.Cut(strings.TrimSpace(ui.Clean(s)), runes) }
