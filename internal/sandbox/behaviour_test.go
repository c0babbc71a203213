package sandbox

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSettings(t *testing.T) {
	s, _ := start(t)
	if err := s.Configure("auto-approve=alice nonsense=1"); err == nil {
		t.Error("an unknown setting was taken")
	}
	s.Set(func(b *Behaviour) {
		if b.AutoApprove != "" {
			t.Error("a refused text was taken by half")
		}
	})
	b := DefaultBehaviour()
	text := `skew=1m poll-interval=2s device-code-lifetime=3s id-token-lifetime=4s credential-lifetime=5s refresh-grace=6s ` +
		`keep-refresh-token omit-id-token=1 groups-need-scope denial-stays-pending auto-approve="bob" auto-deny algorithm=none ` +
		`packed-policy-percent=7 session-token-size=8 claim.x=[1] federation-audience=databricks workspace-token-lifetime=9s ` +
		`sso-registration-lifetime=10s sso-token-lifetime=11s sso-session-lifetime=12s outbound-federation-disabled ` +
		`assignments.alice=111122223333/A,444455556666/B assignments.bob= machine-claim.ref="refs/heads/x" machine-claim.sha=`
	if err := b.Apply(text); err != nil {
		t.Fatal(err)
	}
	want := Behaviour{
		Skew: time.Minute, PollInterval: 2 * time.Second, DeviceCodeLifetime: 3 * time.Second,
		IDTokenLifetime: 4 * time.Second, CredentialLifetime: 5 * time.Second, RefreshGrace: 6 * time.Second,
		KeepRefreshToken: true, OmitIDToken: true, GroupsNeedScope: true, DenialStaysPending: true,
		AutoApprove: "bob", AutoDeny: true, Algorithm: "none", PackedPolicyPercent: 7, SessionTokenSize: 8,
		Claims:             map[string]any{"x": json.RawMessage("[1]")},
		FederationAudience: "databricks", WorkspaceTokenLifetime: 9 * time.Second,
		SSORegistrationLifetime: 10 * time.Second, SSOTokenLifetime: 11 * time.Second, SSOSessionLifetime: 12 * time.Second,
		OutboundFederationDisabled: true,
		Assignments:                map[string][]string{"alice": {"111122223333/A", "444455556666/B"}, "bob": {}},
		MachineClaims:              map[string]any{"ref": json.RawMessage(`"refs/heads/x"`), "sha": nil},
	}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"skew=1", "claim.x={", "omit-id-token=maybe", "packed-policy-percent=x", "claim.=1", "workspace-token-lifetime=1",
		"sso-token-lifetime=1", "outbound-federation-disabled=x", "assignments.=x", "machine-claim.x={"} {
		if err := b.Apply(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
