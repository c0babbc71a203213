package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

func TestTheDebugLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	debugLog(&out).Debug("a step",
		"typed", secret.New("canary-1"),
		"token", "eyJhbGciOiJSUzI1NiJ9.canary-2.canary-3",
		"databricks", "dapi0123456789abcdefcanary-4",
		"error", errors.New("the answer was \"Bearer canary-5\" and client_secret=canary-6&refresh_token=canary-7 \x1b[31m"),
		"json", `{"accessToken":"canary-8","refreshToken": "canary-9","deviceCode":"canary-10","SecretAccessKey":"canary-11","token":"canary-12"}`,
		"xml", "<SessionToken>canary-13</SessionToken>", "query", "X-Amz-Security-Token=canary-14&SigninToken=canary-15",
		"typed too", "passphrase=canary-16", "proxy", "http://alice:canary-17@proxy.example.com:8080",
		"took", 1500*time.Millisecond, "host", "idp.example.com")
	if got := out.String(); strings.Contains(got, "canary") || strings.Contains(got, "\x1b") {
		t.Errorf("got %s", got)
	} else if !strings.Contains(got, "took=1.5s") || !strings.Contains(got, "host=idp.example.com") {
		t.Errorf("what is no secret is told: %s", got)
	}
}
