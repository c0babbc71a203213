package compare

import (
	"fmt"
	"strings"
	"testing"
)

const role = "arn:aws:iam::111122223333:role/dbx-ml"

func policy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

const (
	reading    = `{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion"],"Resource":"arn:aws:s3:::acme-ml/churn/*"}`
	listing    = `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-ml","Condition":{"StringLike":{"s3:prefix":["churn/*","churn"]}}}`
	plain      = `{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	decrypting = `{"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:us-east-1:111122223333:key/1234"}`
)

// Whatever is written differently and means the same is no difference.
func TestEqualPermissions(t *testing.T) {
	wanted := policy(reading, listing, plain, decrypting)
	for name, actual := range map[string][]string{
		"the same":            {wanted},
		"order of statements": {policy(decrypting, plain, listing, reading)},
		"order of actions and case, Sid": {policy(`{"Sid":"Read","Effect":"Allow","Action":["s3:getobjectversion","S3:GetObject"],
			"Resource":["arn:aws:s3:::acme-ml/churn/*"]}`, listing, plain, decrypting)},
		"split": {policy(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ml/churn/*"}`,
			`{"Effect":"Allow","Action":"s3:GetObjectVersion","Resource":"arn:aws:s3:::acme-ml/churn/*"}`, listing, plain, decrypting)},
		"two documents": {policy(reading, listing), policy(plain, decrypting)},
		"merged": {policy(`{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion","kms:Decrypt"],
			"Resource":["arn:aws:s3:::acme-ml/churn/*","arn:aws:kms:us-east-1:111122223333:key/1234"]}`, listing, plain)},
		"redundant": {policy(reading, listing, plain, decrypting, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ml/churn/2026/*"}`)},
		"a bucket's resource in the objects' statement": {policy(strings.Replace(reading, `"arn:aws:s3:::acme-ml/churn/*"`,
			`["arn:aws:s3:::acme-ml/churn/*","arn:aws:s3:::acme-ml"]`, 1), listing, plain, decrypting)},
		"resources in parts": {policy(strings.Replace(reading, `"arn:aws:s3:::acme-ml/churn/*"`,
			`["arn:aws:s3:::acme-ml/churn/","arn:aws:s3:::acme-ml/churn/?*"]`, 1), listing, plain, decrypting)},
		"any partition": {policy(strings.Replace(reading, "arn:aws:", "arn:*:", 1), listing, plain, decrypting)},
		"values split": {policy(reading, strings.Replace(listing, `"churn/*","churn"`, `"churn/*"`, 1),
			strings.Replace(listing, `"StringLike":{"s3:prefix":["churn/*","churn"]}`, `"StringEquals":{"s3:prefix":"churn"}`, 1), plain, decrypting)},
		"not actions":                      {policy(reading, listing, decrypting, `{"Effect":"Deny","NotAction":"kms:*","Resource":"*","Condition":{"Bool":{"AWS:securetransport":[false]}}}`)},
		"a wildcard that means one action": {policy(reading, listing, plain, strings.Replace(decrypting, "kms:Decrypt", "kms:Decrypt*", 1))},
		"a Deny of what nothing allows":    {policy(reading, listing, plain, decrypting, `{"Effect":"Deny","Action":"ec2:*","Resource":"*"}`)},
		"a Deny of all but": {policy(reading, listing, plain, decrypting,
			`{"Effect":"Deny","Action":"s3:GetObject*","NotResource":["arn:aws:s3:::acme-ml/churn/*","arn:aws:s3:::other/*"]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := Permissions(Policies{Identity: []string{wanted}}, Policies{Identity: actual}, role)
			if err != nil || !result.Whole || len(result.Differences) > 0 {
				t.Errorf("%+v, %v", result, err)
			}
		})
	}
}

// Each change is found, with a request that is judged differently.
func TestDifferentPermissions(t *testing.T) {
	wanted := policy(reading, listing, plain, decrypting)
	change := func(old, with string) string {
		changed := strings.Replace(wanted, old, with, 1)
		if changed == wanted {
			t.Fatalf("%s is not in it", old)
		}
		return changed
	}
	for name, c := range map[string]struct{ actual, want string }{
		"one action more": {change(`"s3:GetObject",`, `"s3:GetObject","s3:DeleteObject",`), "more [s3:DeleteObject] [arn:aws:s3:::acme-ml/churn/*]"},
		"one action less": {change(`"s3:GetObject",`, ``), "less [s3:GetObject] [arn:aws:s3:::acme-ml/churn/*]"},
		"a wider prefix":  {change(`acme-ml/churn/*`, `acme-ml/churn*`), "more [s3:GetObject s3:GetObjectVersion] [arn:aws:s3:::acme-ml/churn*]"},
		"a narrower prefix": {change(`acme-ml/churn/*`, `acme-ml/churn/2026/*`),
			"less [s3:GetObject s3:GetObjectVersion] [arn:aws:s3:::acme-ml/churn/*]"},
		"another case of a resource": {change(`key/1234`, `key/1234*`), "more [kms:Decrypt] [arn:aws:kms:us-east-1:111122223333:key/1234*]"},
		"no condition on the prefix": {change(`,"Condition":{"StringLike":{"s3:prefix":["churn/*","churn"]}}`, ``),
			"more [s3:ListBucket] [arn:aws:s3:::acme-ml] map[s3:prefix:[]]"},
		"IfExists": {change(`StringLike`, `StringLikeIfExists`), "more [s3:ListBucket] [arn:aws:s3:::acme-ml] map[s3:prefix:[]]"},
		"one value less": {change(`"churn/*","churn"`, `"churn/*"`),
			"less [s3:ListBucket] [arn:aws:s3:::acme-ml] map[s3:prefix:[churn]]"},
		"plain http": {change(","+plain, ""),
			"more [s3:GetObject s3:GetObjectVersion s3:ListBucket] [arn:aws:s3:::acme-ml arn:aws:s3:::acme-ml/churn/*] map[aws:SecureTransport:[false]]"},
		"a Deny more": {change(decrypting, decrypting+`,{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ml/churn/pii/*"}`),
			"less [s3:GetObject] [arn:aws:s3:::acme-ml/churn/*]"},
		"another service":            {change(decrypting, decrypting+`,{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`), "more [ec2:*] [*]"},
		"one action of a service":    {change(decrypting, decrypting+`,{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`), "more [iam:PassRole] [*]"},
		"all but a few":              {change(decrypting, decrypting+`,{"Effect":"Allow","NotAction":["s3:*","kms:*","sts:*"],"Resource":"*"}`), "more [all but s3:*, kms:*, sts:*] [*]"},
		"an old version's variables": {change(`2012-10-17`, `2008-10-17`), ""},
		"a variable in the path":     {change(`acme-ml/churn/*`, `acme-ml/${aws:username}/*`), "more [s3:GetObject s3:GetObjectVersion] [arn:aws:s3:::acme-ml/${aws:username}/*]"},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := Permissions(Policies{Identity: []string{wanted}}, Policies{Identity: []string{c.actual}}, role)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, d := range result.Differences {
				got += told(d) + "\n"
				if !d.Sure {
					t.Errorf("not judged differently: %+v", d.Request)
				}
			}
			if !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
				t.Errorf("got %swanted %s, whole: %v", got, c.want, result.Whole)
			}
		})
	}
}

func told(d Difference) string {
	text := map[bool]string{true: "more", false: "less"}[d.More] + fmt.Sprintf(" %v %v", d.Actions, append(d.Resources, d.Who...))
	if len(d.Needs) > 0 {
		text += fmt.Sprint(" ", d.Needs)
	}
	return text
}

// With a variable of one side alone, there are more values than can be tried.
func TestVariables(t *testing.T) {
	own := `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ml/${aws:username}/*"}`
	with, without := Policies{Identity: []string{policy(own, reading)}}, Policies{Identity: []string{policy(reading)}}
	other := Policies{Identity: []string{policy(own, reading, decrypting), policy(listing)}}
	for _, c := range []struct {
		wanted, actual Policies
		differences    int
		whole          bool
	}{{with, with, 0, true}, {with, without, 1, false}, {with, other, 2, true}, {
		Policies{Identity: []string{policy(strings.Replace(own, "acme-ml/", "acme-ml/churn/", 1), reading)}}, without, 0, false,
	}} {
		result, err := Permissions(c.wanted, c.actual, role)
		if err != nil || len(result.Differences) != c.differences || result.Whole != c.whole {
			t.Errorf("%+v, %v", result, err)
		}
	}
}

func TestABoundaryTakesAway(t *testing.T) {
	wanted := Policies{Identity: []string{policy(reading)}}
	actual := Policies{Identity: wanted.Identity, Boundary: []string{policy(strings.Replace(reading, `"s3:GetObject",`, "", 1))}}
	result, err := Permissions(wanted, actual, role)
	if err != nil || len(result.Differences) != 1 || !result.Differences[0].Bounded || told(result.Differences[0]) != "less [s3:GetObject] [arn:aws:s3:::acme-ml/churn/*]" {
		t.Errorf("%+v, %v", result, err)
	}
	actual.Boundary = []string{policy(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)}
	if result, err := Permissions(wanted, actual, role); err != nil || len(result.Differences) > 0 || !result.Whole {
		t.Errorf("%+v, %v", result, err)
	}
}

const (
	provider = "arn:aws:iam::111122223333:oidc-provider/idp.example.com"
	trust    = `{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],
		"Condition":{"StringEquals":{"idp.example.com:aud":"dbxaccess"},"StringLike":{"idp.example.com:sub":["alice","team-?"]}}}`
	chain = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole",
		"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/aws-reserved/*"},"StringEquals":{"sts:ExternalId":"4711"}}}`
)

func TestEqualTrust(t *testing.T) {
	wanted := policy(trust, chain)
	for name, actual := range map[string]string{
		"order": policy(chain, trust),
		"the account's number, ArnEquals, order of keys": policy(trust, strings.NewReplacer("arn:aws:iam::444455556666:root", "444455556666",
			"ArnLike", "ArnEquals").Replace(chain)),
		"StringLike for StringEquals": policy(strings.Replace(trust, `"StringEquals":{"idp.example.com:aud":"dbxaccess"},"StringLike":{`,
			`"StringLike":{"idp.example.com:aud":"dbxaccess",`, 1), chain),
		"split": policy(strings.Replace(trust, `["alice","team-?"]`, `"alice"`, 1),
			strings.Replace(trust, `["alice","team-?"]`, `"team-?"`, 1), chain),
		"patterns for two roles of the account": policy(trust, strings.Replace(chain, `"arn:aws:iam::444455556666:role/aws-reserved/*"`,
			`["arn:aws:iam::444455556666:role/aws-reserved/?*","arn:aws:iam::444455556666:role/aws-reserved/"]`, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			if result, err := Trust(wanted, actual, role); err != nil || !result.Whole || len(result.Differences) > 0 {
				t.Errorf("%+v, %v", result, err)
			}
		})
	}
}

func TestDifferentTrust(t *testing.T) {
	wanted := policy(trust, chain)
	const both = "[sts:AssumeRoleWithWebIdentity sts:TagSession]"
	for name, c := range map[string]struct{ old, with, want string }{
		"another audience too":   {`"dbxaccess"`, `["dbxaccess","other"]`, "more " + both + " [" + provider + "] map[idp.example.com:aud:[other]]"},
		"no audience":            {`"StringEquals":{"idp.example.com:aud":"dbxaccess"},`, ``, "more " + both + " [" + provider + "] map[idp.example.com:aud:[y]]"},
		"everybody":              {`"alice"`, `"*"`, "more " + both + " [" + provider + "] map[idp.example.com:sub:[x]]"},
		"alike":                  {`"alice"`, `"alice*"`, "more " + both + " [" + provider + "] map[idp.example.com:sub:[alicex]]"},
		"not alice":              {`"alice",`, ``, "less " + both + " [" + provider + "] map[idp.example.com:sub:[alice]]"},
		"no tags":                {`,"sts:TagSession"`, ``, "less [sts:TagSession] [" + provider + "]"},
		"another provider":       {provider, provider + "/other", "more " + both + " [" + provider + "/other]"},
		"the provider no longer": {provider, provider + "/other", "less " + both + " [" + provider + "]"},
		"no external id":         {`,"StringEquals":{"sts:ExternalId":"4711"}`, ``, "more [sts:AssumeRole] [arn:aws:iam::444455556666:root] map[sts:ExternalId:[]]"},
		"any role":               {`role/aws-reserved/*`, `role/*`, "more [sts:AssumeRole] [arn:aws:iam::444455556666:root]"},
		"a user too":             {`"AWS":"arn:aws:iam::444455556666:root"`, `"AWS":["arn:aws:iam::111122223333:user/bob","arn:aws:iam::444455556666:root"]`, ""},
		"one more statement": {chain, chain + `,{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"sts:AssumeRole"}`,
			"more [sts:AssumeRole] [arn:aws:iam::111122223333:user/bob]"},
		"everybody at all": {chain, chain + `,{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`, "more [sts:AssumeRole] [*]"},
		"a service": {chain, chain + `,{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:*"}`,
			"more [sts:AssumeRole sts:SetContext sts:SetSourceIdentity sts:TagSession] [ec2.amazonaws.com]"},
		"a deleted role": {"arn:aws:iam::444455556666:root", "AROAEXAMPLEEXAMPLE123", "less [sts:AssumeRole] [arn:aws:iam::444455556666:root]"},
		"a Deny":         {chain, chain + `,{"Effect":"Deny","Principal":"*","Action":"sts:TagSession"}`, "less [sts:TagSession] [" + provider + "]"},
	} {
		t.Run(name, func(t *testing.T) {
			actual := strings.Replace(wanted, c.old, c.with, 1)
			result, err := Trust(wanted, actual, role)
			if err != nil || actual == wanted {
				t.Fatal(err)
			}
			got := ""
			for _, d := range result.Differences {
				got += told(d) + "\n"
				if !d.Sure {
					t.Errorf("not judged differently: %+v", d.Request)
				}
			}
			if !strings.Contains(got, c.want) || (got == "") != (c.want == "") || !result.Whole {
				t.Errorf("got %s\nwanted %s, whole: %v", got, c.want, result.Whole)
			}
		})
	}
}

// Of all that policies say, one action is compared.
func TestOneAction(t *testing.T) {
	t.Parallel()
	const pass = `{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + role + `"}`
	wanted := Policies{Identity: []string{policy(pass)}}
	for name, c := range map[string]struct {
		actual string
		want   string
	}{
		"beside others":   {policy(pass, reading, `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`), ""},
		"not there":       {policy(reading), "less"},
		"by a wildcard":   {policy(`{"Effect":"Allow","Action":"iam:Pass*","Resource":"` + role + `"}`), ""},
		"by what is left": {policy(pass, `{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`), "more"},
	} {
		got, err := Action("iam:PassRole", wanted, Policies{Identity: []string{c.actual}}, role)
		if err != nil || !got.Whole || (len(got.Differences) == 0) != (c.want == "") {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		for _, d := range got.Differences {
			if d.More != (c.want == "more") || !d.Sure || len(d.Actions) != 1 || d.Actions[0] != "iam:PassRole" {
				t.Errorf("%s: %+v", name, d)
			}
		}
	}
}
