package evaluate_test

import (
	"fmt"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// layers are written as documents; none is nil.
type layers struct {
	identity, session, boundary, resource, endpoint []string
	scp, rcp                                        [][]string
	management                                      string
}

func (l layers) parsed(t *testing.T) evaluate.Layers {
	t.Helper()
	list := func(texts []string) []*evaluate.Policy {
		if texts == nil {
			return nil
		}
		policies := []*evaluate.Policy{}
		for _, text := range texts {
			policies = append(policies, parsed(t, policy(text)))
		}
		return policies
	}
	levels := func(texts [][]string) (all [][]*evaluate.Policy) {
		for _, level := range texts {
			all = append(all, list(level))
		}
		return all
	}
	return evaluate.Layers{
		Identity: list(l.identity), Session: list(l.session), Boundary: list(l.boundary), Resource: list(l.resource),
		Endpoint: list(l.endpoint), SCP: levels(l.scp), RCP: levels(l.rcp), Management: l.management,
	}
}

// decides asserts a decision: "allowed by LAYER", or the kind of denial.
func decides(t *testing.T, name string, l layers, r evaluate.Request, want string) {
	t.Helper()
	got := evaluate.Decide(l.parsed(t), r)
	said := got.Kind
	if got.Allowed {
		said += "allowed by " + string(got.Layer)
	}
	if said != want {
		t.Errorf("%s: got %q, want %q: %+v", name, said, want, got)
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	all := []string{allow("*", "*")}
	nothing := []string{allow("sqs:*", "*")}
	forbidden := []string{allow("*", "*"), deny("s3:*", "*")}
	everybody := allow("*", "*", `"Principal":"*"`)
	naming := func(principal string) string {
		return allow("s3:*", "arn:aws:s3:::lake/*", fmt.Sprintf(`"Principal":{"AWS":%q}`, principal))
	}
	root := "arn:aws:iam::" + account + ":root"
	for _, c := range []struct {
		name   string
		layers layers
		owner  string
		want   string // see decides
	}{
		{"nothing is known", layers{}, "", "allowed by "},
		{"the role may, and the session", layers{identity: all, session: all}, "", "allowed by identity"},
		{"only the session is known", layers{session: all}, "", "allowed by session"},
		{"the session may not", layers{identity: all, session: nothing}, "", "session-implicit"},
		{"the role may not", layers{identity: nothing, session: all}, "", "identity-implicit"},
		{"a role without policies", layers{identity: []string{}, session: all}, "", "identity-implicit"},
		{"the boundary", layers{identity: all, boundary: nothing, session: nothing}, "", "boundary-implicit"},
		{"two policies together", layers{identity: append(nothing, all...), session: all}, "", "allowed by identity"},
		{"a deny in the session", layers{identity: all, session: forbidden}, "", "session-explicit"},
		{"a deny in the role", layers{identity: forbidden, session: nothing}, "", "identity-explicit"},
		{"a deny in the boundary", layers{identity: all, boundary: forbidden}, "", "boundary-explicit"},
		{"a deny in the bucket", layers{identity: all, resource: []string{deny("s3:*", "*", `"Principal":"*"`)}}, "", "resource-explicit"},
		{"a deny in the bucket for the account", layers{identity: all,
			resource: []string{deny("s3:*", "*", `"Principal":{"AWS":"`+root+`"}`)}}, "", "resource-explicit"},
		{"a deny in the bucket for another", layers{identity: all,
			resource: []string{deny("s3:*", "*", `"Principal":{"AWS":"`+other+`"}`)}}, "", "allowed by identity"},
		{"a deny in the bucket for what is no ARN", layers{identity: all,
			resource: []string{deny("s3:*", "*", `"Principal":{"AWS":"x:iam::`+account+`:root"}`)}}, "", "allowed by identity"},
		{"a deny wins over the session's own name", layers{session: forbidden, resource: []string{naming(sessionID)}}, "", "session-explicit"},

		// The bucket's policy in the same account.
		{"naming the role, for the role", layers{identity: nothing, resource: []string{naming(roleID)}}, "", "allowed by resource"},
		{"naming the role, bounded", layers{identity: nothing, boundary: nothing, resource: []string{naming(roleID)}}, "", "boundary-implicit"},
		{"naming the role, in a session", layers{identity: all, session: nothing, resource: []string{naming(roleID)}}, "", "session-implicit"},
		{"naming the session goes past all", layers{identity: nothing, boundary: nothing, session: nothing,
			resource: []string{naming(roleID), naming(sessionID)}}, "", "allowed by resource"},
		{"naming the session first", layers{identity: nothing, session: nothing, resource: []string{naming(sessionID), naming(roleID), naming(root)}},
			"", "allowed by resource"},
		{"everybody goes past all", layers{identity: nothing, session: nothing, resource: []string{everybody}}, "", "allowed by resource"},
		{"naming the account gives nothing by itself", layers{identity: nothing, resource: []string{naming(root)}}, "", "identity-implicit"},
		{"naming another", layers{identity: nothing, resource: []string{naming(roleID + "2")}}, "", "identity-implicit"},
		{"naming nobody", layers{identity: nothing, resource: []string{allow("s3:*", "*")}}, "", "identity-implicit"},
		{"a bucket's policy without an allow", layers{identity: all, resource: []string{naming(roleID + "2")}}, "", "allowed by identity"},
		{"a deny for all but these", layers{identity: all, resource: []string{`"Effect":"Deny","Action":"*","Resource":"*",` +
			`"NotPrincipal":{"AWS":["` + root + `","` + roleID + `","` + sessionID + `"]}`}}, "", "allowed by identity"},
		{"a deny for all but these, the session missing", layers{identity: all, resource: []string{`"Effect":"Deny","Action":"*","Resource":"*",` +
			`"NotPrincipal":{"AWS":["` + root + `","` + roleID + `"]}`}}, "", "resource-explicit"},
		{"a deny for all but these, the account missing", layers{identity: all, resource: []string{`"Effect":"Deny","Action":"*","Resource":"*",` +
			`"NotPrincipal":{"AWS":["` + roleID + `","` + sessionID + `"]}`}}, "", "resource-explicit"},
		{"a deny for all but these meets the bounded", layers{identity: all, boundary: all, resource: []string{
			`"Effect":"Deny","Action":"*","Resource":"*","NotPrincipal":{"AWS":["` + root + `","` + roleID + `","` + sessionID + `"]}`}}, "", "resource-explicit"},

		// Another account's bucket.
		{"both sides", layers{identity: all, session: all, resource: []string{naming(account)}}, other, "allowed by identity"},
		{"the bucket alone", layers{identity: nothing, resource: []string{naming(roleID)}}, other, "identity-implicit"},
		{"the bucket alone, naming the session", layers{identity: all, session: nothing, resource: []string{naming(sessionID)}}, other, "session-implicit"},
		{"the role alone", layers{identity: all, resource: []string{naming(other)}}, other, "resource-implicit"},
		{"the bucket's policy is not known", layers{identity: all}, other, "allowed by identity"},

		// Organisations.
		{"an SCP allows", layers{identity: all, scp: [][]string{all, all}}, "", "allowed by identity"},
		{"each level has to", layers{identity: all, scp: [][]string{all, nothing, all}}, "", "scp-implicit"},
		{"policies of a level are joined", layers{identity: all, scp: [][]string{{nothing[0], all[0]}}}, "", "allowed by identity"},
		{"an SCP denies", layers{identity: all, scp: [][]string{all, forbidden}}, "", "scp-explicit"},
		{"an SCP goes before the session's own name", layers{resource: []string{naming(sessionID)}, scp: [][]string{nothing}}, "", "scp-implicit"},
		{"the management account is spared", layers{identity: all, scp: [][]string{forbidden}, rcp: [][]string{nil}, management: account}, "", "allowed by identity"},
		{"its resources are spared by RCPs", layers{identity: all, resource: []string{naming(account)}, rcp: [][]string{nil}, management: other}, other,
			"allowed by identity"},
		{"its people are not, elsewhere", layers{identity: all, resource: []string{naming(account)}, rcp: [][]string{nil}, management: account}, other,
			"rcp-implicit"},
		{"its resources are, not who comes from elsewhere", layers{identity: all, scp: [][]string{forbidden}, management: other}, "", "scp-explicit"},
		{"an RCP denies", layers{identity: all, scp: [][]string{forbidden}, rcp: [][]string{{everybody, deny("s3:*", "*", `"Principal":"*"`)}}}, "", "rcp-explicit"},
		{"an RCP says nothing", layers{identity: all, rcp: [][]string{{allow("sqs:*", "*", `"Principal":"*"`)}}}, "", "rcp-implicit"},
		{"an RCP without principals", layers{identity: all, rcp: [][]string{all}}, "", "rcp-implicit"},
		{"a VPC endpoint", layers{identity: all, endpoint: []string{allow("sqs:*", "*", `"Principal":"*"`)}}, "", "vpce-implicit"},
		{"a VPC endpoint that names nobody", layers{identity: all, endpoint: all}, "", "vpce-implicit"},
		{"a VPC endpoint denies", layers{identity: all, endpoint: []string{everybody, deny("*", "*", `"Principal":"*"`)}}, "", "vpce-explicit"},
	} {
		r := get("lake/x")
		r.Owner = c.owner
		decides(t, c.name, c.layers, r, c.want)
	}
}

// The order in which the policies of a layer are given is how they are told.
func TestWhichPolicyDecided(t *testing.T) {
	t.Parallel()
	l := layers{
		identity: []string{allow("sqs:*", "*"), allow("s3:*", "*", `"Sid":"Second"`), deny("s3:Delete*", "*", `"Sid":"Third"`)},
		scp:      [][]string{{allow("*", "*")}, {allow("s3:*", "*"), deny("s3:PutBucket*", "*", `"Sid":"NoPolicies"`)}},
	}.parsed(t)
	for action, want := range map[string]evaluate.Decision{
		"s3:GetObject": {Allowed: true, Layer: evaluate.Identity, By: evaluate.Finding{Effect: evaluate.Allow, Statement: 1, Sid: "Second"}, Policy: 2},
		"s3:DeleteObject": {Kind: "identity-explicit", Layer: evaluate.Identity,
			By: evaluate.Finding{Effect: evaluate.Deny, Statement: 1, Sid: "Third"}, Policy: 3},
	} {
		r := get("lake/x")
		r.Action = action
		if got := evaluate.Decide(l, r); got != want {
			t.Errorf("%s: got %+v", action, got)
		}
	}
	r := evaluate.Request{Action: "s3:PutBucketPolicy", Resource: "arn:aws:s3:::lake", Principal: sessionID}
	if got := evaluate.Decide(l, r); got.Policy != 3 || got.By.Sid != "NoPolicies" || got.Kind != "scp-explicit" {
		t.Errorf("got %+v", got)
	}
}

// Keys and roles have policies that the account's IAM can't do without.
func TestKeysAndTrust(t *testing.T) {
	t.Parallel()
	principal := func(kind, name string) string { return fmt.Sprintf(`"Principal":{%q:%q}`, kind, name) }
	all := []string{allow("*", "*")}
	nothing := []string{allow("sqs:*", "*")}
	root := "arn:aws:iam::" + account + ":root"
	const target = "arn:aws:iam::111122223333:role/ml-admin"
	const provider = "arn:aws:iam::111122223333:oidc-provider/idp.example"
	trust := func(principal string, more string) string {
		return `"Effect":"Allow","Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"],` + principal + more
	}
	for _, c := range []struct {
		name                    string
		layers                  layers
		action, resource, asker string
		want                    string
	}{
		{"the key leaves it to IAM", layers{identity: all, resource: []string{allow("kms:*", "*", principal("AWS", root))}},
			"kms:Decrypt", key, sessionID, "allowed by identity"},
		{"and IAM says no", layers{identity: nothing, resource: []string{allow("kms:*", "*", principal("AWS", account))}},
			"kms:Decrypt", key, sessionID, "identity-implicit"},
		{"the key does not leave it to IAM", layers{identity: all, resource: []string{allow("kms:*", "*", principal("AWS", target))}},
			"kms:Decrypt", key, sessionID, "kms-key-policy"},
		{"the key names the role", layers{identity: nothing, resource: []string{allow("kms:*", "*", principal("AWS", roleID))}},
			"kms:Decrypt", key, sessionID, "allowed by resource"},
		{"the key names the role, but not its session", layers{identity: nothing, session: nothing,
			resource: []string{allow("kms:*", "*", principal("AWS", roleID))}}, "kms:Decrypt", key, sessionID, "session-implicit"},
		{"the key's policy is not known", layers{identity: all}, "kms:Decrypt", key, sessionID, "allowed by identity"},
		{"another account's key", layers{identity: all, resource: []string{allow("kms:*", "*", principal("AWS", root))}},
			"kms:Decrypt", "arn:aws:kms:us-east-1:444455556666:key/x", sessionID, "allowed by identity"},
		{"another account's key that says nothing", layers{identity: all, resource: []string{allow("kms:*", "*", principal("AWS", other))}},
			"kms:Decrypt", "arn:aws:kms:us-east-1:444455556666:key/x", sessionID, "kms-key-policy"},
		{"AWS's own policies are in no account", layers{identity: all, resource: []string{allow("iam:*", "*", principal("AWS", target))}},
			"iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", sessionID, "allowed by identity"},
		{"listing keys is IAM's", layers{identity: all, resource: []string{allow("kms:*", "*", principal("AWS", target))}},
			"kms:ListKeys", "*", sessionID, "allowed by identity"},

		{"the trust names the role", layers{identity: nothing, resource: []string{trust(principal("AWS", roleID), "")}},
			"sts:AssumeRole", target, sessionID, "allowed by resource"},
		{"the trust names another", layers{identity: all, resource: []string{trust(principal("AWS", target), "")}},
			"sts:AssumeRole", target, sessionID, "trust"},
		{"the trust leaves it to IAM", layers{identity: nothing, resource: []string{trust(principal("AWS", root), "")}},
			"sts:AssumeRole", target, sessionID, "identity-implicit"},
		{"the trust lacks an action", layers{identity: all, resource: []string{trust(principal("AWS", roleID), "")}},
			"sts:TagSession", target, sessionID, "trust"},
		{"an identity provider", layers{resource: []string{trust(principal("Federated", provider), "")}},
			"sts:AssumeRoleWithWebIdentity", target, provider, "allowed by resource"},
		{"an identity provider has no policies of its own", layers{identity: []string{deny("*", "*")}, scp: [][]string{{deny("*", "*")}},
			resource: []string{trust(principal("Federated", provider), "")}}, "sts:AssumeRoleWithWebIdentity", target, provider, "allowed by resource"},
		{"another identity provider", layers{identity: all, resource: []string{trust(principal("Federated", provider+"/2"), "")}},
			"sts:AssumeRoleWithWebIdentity", target, provider, "trust"},
		{"an identity provider with another audience", layers{resource: []string{trust(principal("Federated", provider),
			","+condition("StringEquals", "idp.example:aud", `"x"`))}}, "sts:AssumeRoleWithWebIdentity", target, provider, "trust"},
		{"a service", layers{resource: []string{trust(principal("Service", "ec2.amazonaws.com"), "")}},
			"sts:AssumeRole", target, "ec2.amazonaws.com", "allowed by resource"},
		{"a deny in the trust", layers{resource: []string{trust(principal("AWS", roleID), ""), `"Effect":"Deny","Action":"sts:*","Principal":"*"`}},
			"sts:AssumeRole", target, sessionID, "trust"},
	} {
		decides(t, c.name, c.layers, evaluate.Request{Action: c.action, Resource: c.resource, Principal: c.asker}, c.want)
	}
}

func TestPrincipals(t *testing.T) {
	t.Parallel()
	const withPath = "arn:aws:iam::111122223333:role/teams/ml-trainer"
	const user = "arn:aws:iam::111122223333:user/ada"
	const linked = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/X"
	nothing := []string{allow("sqs:*", "*")}
	all := []string{allow("*", "*")}
	for _, c := range []struct {
		named, asker, role string
		layers             layers
		want               bool
	}{
		{named: withPath, asker: sessionID, role: withPath, layers: layers{identity: nothing}, want: true},
		{named: withPath, asker: sessionID, layers: layers{identity: nothing}, want: false},
		{named: roleID, asker: roleID, layers: layers{identity: nothing, session: all}, want: true},
		{named: roleID, asker: roleID, layers: layers{identity: nothing, session: nothing}, want: false},
		{named: user, asker: user, layers: layers{identity: nothing, boundary: nothing}, want: true},
		{named: user, asker: user + "2", layers: layers{identity: nothing}, want: false},
		{named: "AROAEXAMPLE", asker: sessionID, layers: layers{identity: nothing}, want: false},
		{named: "*", asker: "", layers: layers{}, want: true},
		{named: roleID, asker: "", layers: layers{}, want: false},
		{named: roleID, asker: "arn:aws:iam::111122223333:root", layers: layers{identity: nothing}, want: true},
		{named: "*", asker: linked, layers: layers{scp: [][]string{nothing}, rcp: [][]string{{deny("*", "*", `"Principal":"*"`)}}}, want: true},
	} {
		l := c.layers.parsed(t)
		l.Resource = []*evaluate.Policy{parsed(t, policy(allow("s3:*", "*", fmt.Sprintf(`"Principal":{"AWS":%q}`, c.named))))}
		r := get("lake/x")
		r.Principal, r.Role = c.asker, c.role
		if got := evaluate.Decide(l, r); got.Allowed != c.want {
			t.Errorf("%+v: got %+v", c, got)
		}
	}
	// aws:PrincipalArn is the role's, and may be said otherwise.
	p := parsed(t, policy(allow("*", "*", condition("ArnEquals", "aws:principalarn", `"`+withPath+`"`))))
	r := get("lake/x")
	if got := p.Evaluate(r); got.Effect != evaluate.None {
		t.Errorf("the role without path: got %+v", got)
	}
	r.Role = withPath
	if got := p.Evaluate(r); got.Effect != evaluate.Allow {
		t.Errorf("the role with its path: got %+v", got)
	}
	r.Context = map[string][]string{"aws:PrincipalArn": {user}}
	if got := p.Evaluate(r); got.Effect != evaluate.None {
		t.Errorf("the context's: got %+v", got)
	}
}
