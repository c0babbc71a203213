package accessmap

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const trusting = `version: 1
identities:
  z: {issuer: https://z.example, client_id: zz, groups: {}}
  a:
    issuer: https://a.example
    client_id: aa
    groups: {}
    verification_hosts: [v2.example, v1.example]
    device_authorization_endpoint: https://d.example/x
  again: {issuer: https://z.example, client_id: zz, groups: {}, flow: device}
workspaces: {w: {host: https://W.example/}, v: {host: https://v.example}}
roles:
  base: {}
  one: {aws: {role_arn: "arn:aws:iam::222233334444:role/x", region: us-east-1}}
  two: {aws: {role_arn: "arn:aws:iam::111122223333:role/x", region: us-east-1}}
  three: {aws: {role_arn: "arn:aws:iam::111122223333:role/y", region: us-east-1}}
  china: {aws: {role_arn: "arn:aws-cn:iam::111122223333:role/y", region: cn-north-1}}
  minio: {aws: {role_arn: "arn:minio:iam:::role/y", region: us-east-1}}
`

func TestWhatIsTrusted(t *testing.T) {
	t.Parallel()
	got := parsed(t, trusting).Trust()
	want := Trust{
		Identities: []TrustedIdentity{
			{
				Issuer: "https://a.example", ClientID: "aa", DeviceEndpoint: "https://d.example/x",
				VerificationHosts: []string{"v1.example", "v2.example"},
			},
			{Issuer: "https://z.example", ClientID: "zz"},
		},
		Workspaces: []string{"https://v.example", "https://w.example"},
		Accounts:   []string{"111122223333", "222233334444", "aws-cn:111122223333", "minio"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var back Trust
	if err := json.Unmarshal(data, &back); err != nil || !back.Equal(got) || back.Changes(got) != nil {
		t.Errorf("%v: %s", err, data)
	}
}

func TestChangesOfTrust(t *testing.T) {
	t.Parallel()
	before := parsed(t, trusting).Trust()
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"another issuer": {"https://z.example", "https://evil.example", []string{
			"adds sign-in at https://evil.example (client zz)", "drops sign-in at https://z.example (client zz)"}},
		"another place to approve": {"v2.example", "evil.example", []string{
			"adds sign-in at https://a.example (client aa, device codes from https://d.example/x, " +
				"approved at evil.example, v1.example)",
			"drops sign-in at https://a.example (client aa, device codes from https://d.example/x, " +
				"approved at v1.example, v2.example)"}},
		"another workspace": {"https://v.example", "https://evil.example", []string{
			"adds workspace https://evil.example", "drops workspace https://v.example"}},
		"another account": {"222233334444", "999900001111", []string{
			"adds AWS account 999900001111", "drops AWS account 222233334444"}},
		"the order":          {"v2.example, v1.example", "v1.example, v2.example", nil},
		"a role's name":      {"three:", "four:", nil},
		"a role's ARN":       {"role/x", "role/q", nil},
		"an identity's name": {"  again:", "  once-more:", nil},
	} {
		after := parsed(t, strings.ReplaceAll(trusting, c.old, c.new)).Trust()
		if diff := cmp.Diff(c.want, after.Changes(before)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if after.Equal(before) != (c.want == nil) {
			t.Errorf("%s: Equal says %v", name, after.Equal(before))
		}
	}
	if got := before.Changes(Trust{}); len(got) != 8 {
		t.Errorf("against nothing all is new: %q", got)
	}
}
