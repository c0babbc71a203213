package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

func TestFaultsReplaceAnswers(t *testing.T) {
	s, _ := start(t)
	header := http.Header{"Retry-After": {"7"}}
	s.Inject(
		Fault{Endpoint: harness.Discovery, Status: 502, ContentType: "text/html", Body: "<h1>down</h1>"},
		Fault{Endpoint: harness.Discovery, Status: 500},
		Fault{Endpoint: harness.Discovery, Body: "null"},
		Fault{Endpoint: harness.Discovery, Redirect: "http://evil.example/x"},
		Fault{Endpoint: harness.Discovery, Status: 301, Redirect: "http://evil.example/x"},
		Fault{Endpoint: harness.Discovery, ContentType: "text/plain", Header: header},
		Fault{Endpoint: harness.Discovery, Fields: map[string]any{"token_endpoint": nil, "jwks_uri": nil, "issuer": "http://evil.example"}},
		Fault{Endpoint: harness.Discovery, Error: "temporarily_unavailable", Message: "\x1b[31mred"},
	)
	address := s.Issuer() + "/.well-known/openid-configuration"
	for i, check := range []func(answer) bool{
		func(a answer) bool {
			return a.status == 502 && a.body == "<h1>down</h1>" && a.header.Get("Content-Type") == "text/html"
		},
		func(a answer) bool { return a.status == 500 && a.body == "" },
		func(a answer) bool { return a.status == 200 && a.body == "null" },
		func(a answer) bool { return a.status == 307 && a.header.Get("Location") == "http://evil.example/x" },
		func(a answer) bool { return a.status == 301 && a.header.Get("Location") == "http://evil.example/x" },
		func(a answer) bool {
			return a.text("issuer") == s.Issuer() && a.header.Get("Content-Type") == "text/plain" &&
				a.header.Get("Retry-After") == "7"
		},
		func(a answer) bool {
			_, token := a.fields["token_endpoint"]
			_, keys := a.fields["jwks_uri"]
			return a.text("issuer") == "http://evil.example" && !token && !keys
		},
		func(a answer) bool { return a.status == 400 && a.text("error_description") == "\x1b[31mred" },
		func(a answer) bool { return a.status == 200 && a.text("issuer") == s.Issuer() },
	} {
		if a := get(t, address); !check(a) {
			t.Errorf("answer %d: %d %v %.200s", i+1, a.status, a.header, a.body)
		}
	}
}

func TestFaultsHitAsOftenAsTheySay(t *testing.T) {
	s, _ := start(t)
	s.Inject(Fault{Endpoint: harness.JWKS, Status: 503, Times: 2}, Fault{Endpoint: harness.JWKS, Status: 504})
	for i, want := range []int{503, 503, 504, 200} {
		if a := get(t, s.Origin()+jwksPath); a.status != want {
			t.Errorf("answer %d has status %d, want %d", i+1, a.status, want)
		}
	}
	s.Inject(Fault{Endpoint: harness.JWKS, Status: 503, Times: Always})
	for range 5 {
		if a := get(t, s.Origin()+jwksPath); a.status != 503 {
			t.Errorf("status %d", a.status)
		}
	}
	if a := get(t, s.Issuer()+"/.well-known/openid-configuration"); a.status != 200 {
		t.Errorf("another endpoint was hit: %d", a.status)
	}
}

func TestADroppedAnswerIsNotAnUndoneOne(t *testing.T) {
	s, _, first := signedIn(t)
	s.Inject(Fault{Endpoint: TokenRefreshToken, Drop: true})
	form := []string{"client_id", s.ClientID(), "grant_type", grantRefresh, "refresh_token", first}
	if a, err := tryPost(t, s.Origin()+tokenPath, form...); err == nil {
		t.Fatalf("an answer came: %d %s", a.status, a.body)
	}
	// It was rotated, so the next use is a reuse.
	wantError(t, refreshWith(t, s, first), errInvalidGrant)
	if n := s.Calls()[Reuses]; n != 1 {
		t.Errorf("%d reuses", n)
	}
}

func TestAFaultThatReplacesDoesNotPerform(t *testing.T) {
	s, _, first := signedIn(t)
	s.Inject(Fault{Endpoint: Token, Status: 502})
	if a := refreshWith(t, s, first); a.status != 502 {
		t.Errorf("status %d", a.status)
	}
	if a := refreshWith(t, s, first); a.status != 200 {
		t.Errorf("the token was spent by a request that was not performed: %s", a.body)
	}
}

func TestAFaultCanPerformAndReplace(t *testing.T) {
	s, _, first := signedIn(t)
	s.Inject(Fault{Endpoint: Token, Perform: true, Status: 502, Body: "bad gateway"})
	if a := refreshWith(t, s, first); a.status != 502 || a.body != "bad gateway" {
		t.Errorf("%d %s", a.status, a.body)
	}
	wantError(t, refreshWith(t, s, first), errInvalidGrant)

	// Ping sends 403 with an honest body.
	s.Set(func(b *Behaviour) { b.AutoApprove = "" })
	s.Inject(Fault{Endpoint: TokenDeviceCode, Perform: true, Status: 403})
	if a := poll(t, s, beginDevice(t, s).text("device_code")); a.status != 403 || a.text("error") != errAuthorizationPending {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestMutate(t *testing.T) {
	s, _ := start(t)
	s.Inject(Fault{Endpoint: harness.JWKS, Mutate: func(fields map[string]any) { fields["keys"] = []any{} }})
	if a := get(t, s.Origin()+jwksPath); a.body != `{"keys":[]}` {
		t.Errorf("got %s", a.body)
	}
	s.Inject(Fault{Endpoint: harness.JWKS, Mutate: func(fields map[string]any) { fields["keys"] = make(chan int) }})
	if a := get(t, s.Origin()+jwksPath); a.status != http.StatusInternalServerError {
		t.Errorf("what can't be encoded: %d %s", a.status, a.body)
	}
}

func TestSTSFaults(t *testing.T) {
	s, _ := start(t)
	token := mint(t, s, nil)
	for code, status := range map[string]int{
		"IDPCommunicationError": 400, "RegionDisabledException": 403, "Throttling": 400, "AccessDenied": 403,
		"ExpiredTokenException": 400, "IDPRejectedClaim": 403, "InternalFailure": 500, "ServiceUnavailable": 503,
	} {
		s.Inject(Fault{Endpoint: STS, Error: code, Message: "it happened"})
		_, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), assumeInput(token))
		wantAPIError(t, code, err, code, status)
		if err != nil && !strings.Contains(err.Error(), "it happened") {
			t.Errorf("%s: the message is missing: %v", code, err)
		}
	}
	s.Inject(Fault{Endpoint: STS, Fields: map[string]any{"Expiration": "9999-12-31T23:59:59Z", "SecretAccessKey": nil}})
	out, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), assumeInput(token))
	if err != nil {
		t.Fatal(err)
	}
	if out.Credentials.Expiration.Year() != 9999 || out.Credentials.SecretAccessKey != nil {
		t.Errorf("credentials %+v", out.Credentials)
	}
	// Requests that were answered by a fault alone never reached STS.
	if n := len(s.STSCalls()); n != 1 || s.Calls()[STS] != 9 {
		t.Errorf("%d STS calls recorded, %d counted", n, s.Calls()[STS])
	}
}

func TestDelays(t *testing.T) {
	s, _ := start(t)
	s.Inject(Fault{Endpoint: harness.JWKS, Delay: 30 * time.Millisecond})
	begun := time.Now()
	if a := get(t, s.Origin()+jwksPath); a.status != 200 || a.body == "" || time.Since(begun) < 30*time.Millisecond {
		t.Errorf("%d %s after %s", a.status, a.body, time.Since(begun))
	}
}
