package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

func TestManyClientsAtOnce(t *testing.T) {
	s, _ := start(t)
	const clients = 8
	s.Inject(Fault{Endpoint: harness.JWKS, Status: http.StatusServiceUnavailable, Times: clients})
	var people, done sync.WaitGroup
	people.Go(func() {
		for range clients {
			code, err := s.WaitForUserCode(t.Context())
			if err == nil {
				err = s.Approve(code, "bob")
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	// Each begins before anybody polls, and polls when all are approved: the clock stands still.
	codes := make([]string, clients)
	for i := range clients {
		codes[i] = beginDevice(t, s).text("device_code")
	}
	people.Wait()
	for _, code := range codes {
		done.Go(func() {
			tokens, err := tryPost(t, s.Origin()+tokenPath, "client_id", s.ClientID(), "grant_type", grantDevice, "device_code", code)
			if err != nil || tokens.text("id_token") == "" {
				t.Errorf("%d %s, %v", tokens.status, tokens.body, err)
				return
			}
			a, err := tryPost(t, s.STSURL(), "Action", actionWebIdentity, "Version", stsVersion, "RoleArn", readerARN,
				"RoleSessionName", "bob", "WebIdentityToken", tokens.text("id_token"))
			if err != nil || a.status != http.StatusOK {
				t.Errorf("%d %s, %v", a.status, a.body, err)
			}
			if _, err := do(t, request(t, http.MethodGet, s.Origin()+jwksPath, "", "")); err != nil {
				t.Error(err)
			}
			s.Set(func(b *Behaviour) { b.RefreshGrace++ })
			_, _, _ = s.Calls(), s.STSCalls(), s.Unexpected()
		})
	}
	done.Wait()
	calls := s.Calls()
	if calls[Device] != clients || calls[TokenDeviceCode] != clients || calls[STS] != clients || calls[harness.JWKS] != clients {
		t.Errorf("calls %v", calls)
	}
	keys := map[string]bool{}
	for _, call := range s.STSCalls() {
		keys[call.AccessKeyID] = true
	}
	if len(keys) != clients {
		t.Errorf("%d different access keys", len(keys))
	}
}

func TestSecretsAreKnown(t *testing.T) {
	s, _, refresh := signedIn(t)
	a := refreshWith(t, s, refresh)
	assumed := post(t, s.STSURL(), "Action", actionWebIdentity, "Version", stsVersion, "RoleArn", readerARN,
		"RoleSessionName", "alice", "WebIdentityToken", a.text("id_token"))
	secrets := s.Secrets()
	for _, secret := range []string{refresh, a.text("refresh_token"), a.text("id_token"), a.text("access_token")} {
		if !slices.Contains(secrets, secret) {
			t.Errorf("%.12s… is not among the secrets", secret)
		}
	}
	for _, secret := range secrets {
		assumed.body = strings.ReplaceAll(assumed.body, secret, "")
	}
	if strings.Contains(assumed.body, "IQoJ") || !strings.Contains(assumed.body, "<SecretAccessKey></SecretAccessKey>") {
		t.Errorf("secrets are left in %s", assumed.body)
	}
}
