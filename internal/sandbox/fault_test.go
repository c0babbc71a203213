package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func inject(t *testing.T, s *Server, lines ...string) {
	t.Helper()
	for _, line := range lines {
		f, err := ParseFault(line, nil)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		s.Inject(f)
	}
}

func TestFaultsReplaceAnswers(t *testing.T) {
	s, _ := start(t)
	inject(
		t, s,
		"discovery status=502 type=text/html body=<h1>down</h1>",
		"discovery status=500",
		`discovery body="null"`,
		"discovery size=10000000 body=[[",
		"discovery redirect=http://evil.example/x",
		"discovery status=301 redirect=http://evil.example/x",
		"discovery type=text/plain header=Retry-After:7",
		`discovery unset=token_endpoint,jwks_uri set.issuer="http://evil.example"`,
		`discovery error=temporarily_unavailable message="\x1b[31mred"`,
	)
	address := s.Issuer() + "/.well-known/openid-configuration"
	for i, check := range []func(answer) bool{
		func(a answer) bool {
			return a.status == 502 && a.body == "<h1>down</h1>" && a.header.Get("Content-Type") == "text/html"
		},
		func(a answer) bool { return a.status == 500 && a.body == "" },
		func(a answer) bool { return a.status == 200 && a.body == "null" },
		func(a answer) bool { return len(a.body) == 10_000_000 && strings.HasPrefix(a.body, "[[[") },
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
	inject(t, s, "jwks status=503 times=2", "jwks status=504")
	for i, want := range []int{503, 503, 504, 200} {
		if a := get(t, s.origin()+jwksPath); a.status != want {
			t.Errorf("answer %d has status %d, want %d", i+1, a.status, want)
		}
	}
	inject(t, s, "jwks status=503 times=all")
	for range 5 {
		if a := get(t, s.origin()+jwksPath); a.status != 503 {
			t.Errorf("status %d", a.status)
		}
	}
	if a := get(t, s.Issuer()+"/.well-known/openid-configuration"); a.status != 200 {
		t.Errorf("another endpoint was hit: %d", a.status)
	}
	s.ClearFaults()
	if a := get(t, s.origin()+jwksPath); a.status != 200 {
		t.Errorf("after clearing: %d", a.status)
	}
}

func TestADroppedAnswerIsNotAnUndoneOne(t *testing.T) {
	s, _, first := signedIn(t)
	inject(t, s, "token/refresh_token drop")
	form := []string{"client_id", s.ClientID(), "grant_type", grantRefresh, "refresh_token", first}
	if a, err := tryPost(t, s.origin()+tokenPath, form...); err == nil {
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
	inject(t, s, "token status=502")
	if a := refreshWith(t, s, first); a.status != 502 {
		t.Errorf("status %d", a.status)
	}
	if a := refreshWith(t, s, first); a.status != 200 {
		t.Errorf("the token was spent by a request that was not performed: %s", a.body)
	}
}

func TestAFaultCanPerformAndReplace(t *testing.T) {
	s, _, first := signedIn(t)
	inject(t, s, `token perform status=502 body="bad gateway"`)
	if a := refreshWith(t, s, first); a.status != 502 || a.body != "bad gateway" {
		t.Errorf("%d %s", a.status, a.body)
	}
	wantError(t, refreshWith(t, s, first), errInvalidGrant)

	// Ping sends 403 with an honest body.
	s.Set(func(b *Behaviour) { b.AutoApprove = "" })
	inject(t, s, "token/device_code perform status=403")
	if a := poll(t, s, beginDevice(t, s).text("device_code")); a.status != 403 || a.text("error") != errAuthorizationPending {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestFaultsByGrant(t *testing.T) {
	s, _, token := signedIn(t)
	inject(t, s, "token/refresh_token error=invalid_grant", "token/device_code error=slow_down")
	wantError(t, poll(t, s, beginDevice(t, s).text("device_code")), errSlowDown)
	wantError(t, refreshWith(t, s, token), errInvalidGrant)
}

func TestOddDeviceAnswers(t *testing.T) {
	s, _ := start(t)
	inject(t, s, `device set.interval="5" set.expires_in=1e400 set.verification_uri="https://evil.example/" `+
		`set.user_code="\u001b[2J" set.verification_url=null unset=verification_uri_complete times=all`)
	for range 2 {
		a := post(t, s.origin()+deviceAuthorizationPath, "client_id", s.ClientID(), "scope", "openid")
		var raw map[string]json.RawMessage
		if err := json.Unmarshal([]byte(a.body), &raw); err != nil {
			t.Fatal(err)
		}
		for field, want := range map[string]string{
			"interval": `"5"`, "expires_in": "1e400", "verification_uri": `"https://evil.example/"`,
			"user_code": `"\u001b[2J"`, "verification_url": "null", "verification_uri_complete": "",
		} {
			if string(raw[field]) != want {
				t.Errorf("%s is %s, want %s", field, raw[field], want)
			}
		}
	}
}

func TestMutate(t *testing.T) {
	s, _ := start(t)
	s.Inject(Fault{Endpoint: JWKS, Mutate: func(fields map[string]any) { fields["keys"] = []any{} }})
	if a := get(t, s.origin()+jwksPath); a.body != `{"keys":[]}` {
		t.Errorf("got %s", a.body)
	}
	s.Inject(Fault{Endpoint: JWKS, Mutate: func(fields map[string]any) { fields["keys"] = make(chan int) }})
	if a := get(t, s.origin()+jwksPath); a.status != http.StatusInternalServerError {
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
		inject(t, s, "sts error="+code+` message="it happened"`)
		_, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), assumeInput(token))
		wantAPIError(t, code, err, code, status)
		if err != nil && !strings.Contains(err.Error(), "it happened") {
			t.Errorf("%s: the message is missing: %v", code, err)
		}
	}
	inject(t, s, `sts set.Expiration="9999-12-31T23:59:59Z" unset=SecretAccessKey`)
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
	for _, line := range []string{"jwks delay=30ms", "jwks body-delay=30ms"} {
		inject(t, s, line)
		begun := time.Now()
		if a := get(t, s.origin()+jwksPath); a.status != 200 || a.body == "" {
			t.Errorf("%s: %d %s", line, a.status, a.body)
		}
		if took := time.Since(begun); took < 30*time.Millisecond {
			t.Errorf("%s: answered after %s", line, took)
		}
	}
}
