package sandbox

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestParseFault(t *testing.T) {
	read := func(name string) ([]byte, error) {
		if name == "body.html" {
			return []byte("<html>"), nil
		}
		return nil, fs.ErrNotExist
	}
	f, err := ParseFault("token status=502 body=@body.html times=2 delay=1s perform=false header=X-A:1 header=X-A:2", read)
	if err != nil {
		t.Fatal(err)
	}
	if f.Endpoint != Token || f.Status != 502 || f.Body != "<html>" || f.Times != 2 || f.Delay != time.Second ||
		len(f.Header["X-A"]) != 2 {
		t.Errorf("got %+v", f)
	}
	if _, err := ParseFault("token body=@missing", read); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if f, err := ParseFault(`token body="@body.html"`, read); err != nil || f.Body != "@body.html" {
		t.Errorf("quoted: %q, %v", f.Body, err)
	}
	for _, endpoint := range []Endpoint{Exchange, Me, WorkspaceConfig, Federation, STSAssumeRole, GitHubToken, SSOTokenRefreshToken, SSORoles} {
		if f, err := ParseFault(string(endpoint)+" error=X", nil); err != nil || f.Endpoint != endpoint {
			t.Errorf("%s: %+v, %v", endpoint, f, err)
		}
	}
	for _, bad := range []string{
		"", "nowhere", "status=500", "token status=99", "token status=x", "token times=0", "token times=-1", "token delay=1",
		"token body=@x", "token size=0", "token size=99999999999", "token header=x", "token header=:x", "token set.x=",
		"token set.x={", "token set.=1", "token what=1", `token body="x`, `token body="\q"`, "token drop=maybe",
	} {
		if _, err := ParseFault(bad, nil); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	for _, seed := range []string{
		"token status=502 body=x times=2", `device set.interval="5" unset=a,b times=all`, `sts error=X message="\x1b[31m"`,
		"jwks drop", "exchange error=invalid_grant", "me error=PERMISSION_DENIED message=no", "federation error=<b>", "token size=10 body=ab", `token body="`, "=", "token =", "token set.a=\"\\u0000\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Sizes are bounded by a number, not by the text; a fuzzer would find the largest.
		if strings.Contains(text, "size=") {
			return
		}
		fault, err := ParseFault(text, nil)
		if err != nil {
			return
		}
		answer := jsonReply(http.StatusOK, map[string]any{"a": 1})
		fault.apply(&answer, fault.Endpoint)
		if err := answer.finish(); err != nil {
			t.Errorf("%q makes an answer that can't be sent: %v", text, err)
		}
	})
}
