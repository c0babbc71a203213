package compare

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// Random trust policies of few words: no request that package evaluate judges differently by the two is missed by a comparison
// that calls itself whole.
func TestTheJudgeAgreesOnTrust(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	random := rand.New(rand.NewPCG(64, 2026))
	requests := everyAssumption()
	equal, different, notWhole := 0, 0, 0
	for range 200 {
		wanted := randomTrust(random)
		actual := slices.Clone(wanted)
		switch random.IntN(3) {
		case 0:
			actual = randomTrust(random)
		case 1: // one statement more
			actual = append(actual, randomTrust(random)[0])
		default: // one less
			actual = slices.Delete(actual, 0, min(1, len(actual)-1))
		}
		texts := [2]string{asTrust(wanted), asTrust(actual)}
		result, err := Trust(texts[0], texts[1], role)
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, texts[0], texts[1])
		}
		if !result.Whole {
			notWhole++
		}
		var more, less bool
		for _, d := range result.Differences {
			more, less = more || d.More, less || !d.More
			if !d.Sure {
				t.Errorf("not judged differently: %+v\n%s\n%s", d, texts[0], texts[1])
			}
		}
		var sides [2]evaluate.Layers
		for i := range texts {
			parsed, err := evaluate.Parse(texts[i])
			if err != nil {
				t.Fatal(err)
			}
			sides[i].Resource = []*evaluate.Policy{parsed}
		}
		for _, r := range requests {
			w, a := evaluate.Decide(sides[0], r).Allowed, evaluate.Decide(sides[1], r).Allowed
			if result.Whole && (a && !w && !more || w && !a && !less) {
				t.Fatalf("missed %+v\n%s\n%s\n%+v", r, texts[0], texts[1], result)
			}
		}
		if len(result.Differences) == 0 {
			equal++
		} else {
			different++
		}
	}
	if equal < 20 || different < 100 || notWhole > 50 {
		t.Errorf("%d equal, %d different, %d not whole: the test has lost its force", equal, different, notWhole)
	}
}

const (
	own, far, third = "111122223333", "999988887777", "444455556666"
	issuer          = "arn:aws:iam::" + own + ":oidc-provider/idp.example.com"
)

func asTrust(statements []map[string]any) string {
	b, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	return string(b)
}

func randomTrust(random *rand.Rand) []map[string]any {
	pick := func(of ...any) any { return of[random.IntN(len(of))] }
	var statements []map[string]any
	for range 1 + random.IntN(3) {
		s := map[string]any{"Effect": "Allow", "Action": pick("sts:AssumeRole", "sts:*", []string{"sts:AssumeRoleWithWebIdentity", "sts:TagSession"})}
		who := pick("*", map[string]any{"AWS": own}, map[string]any{"AWS": []string{far, "arn:aws:iam::" + own + ":role/hub"}},
			map[string]any{"AWS": "arn:aws:sts::" + far + ":assumed-role/hub/alice"}, map[string]any{"AWS": "arn:aws:iam::" + far + ":user/bob"},
			map[string]any{"Federated": issuer}, map[string]any{"AWS": "*", "Service": "ec2.amazonaws.com"})
		if s["Principal"] = who; random.IntN(4) == 0 {
			s["Effect"] = "Deny"
			if random.IntN(2) == 0 {
				delete(s, "Principal")
				s["NotPrincipal"] = map[string]any{"AWS": pick(far, []string{far, "arn:aws:iam::" + far + ":role/hub",
					"arn:aws:sts::" + far + ":assumed-role/hub/alice"})}
			}
		}
		conditions := make(map[string]any)
		for range random.IntN(3) {
			switch random.IntN(4) {
			case 0:
				conditions[pick("StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists").(string)] =
					map[string]any{"aws:PrincipalAccount": pick(own, far, "99*", "?????8*", []string{own, far})}
			case 1:
				conditions[pick("ArnLike", "ArnNotLike", "StringLike", "StringEqualsIgnoreCase", "ArnEqualsIfExists").(string)] =
					map[string]any{"AWS:PrincipalARN": pick("arn:aws:iam::*:role/hub", "arn:aws:iam::"+far+":*", "arn:aws:iam::"+own+":role/x/*",
						"arn:aws:iam::9999????7777:user/b*", "arn:aws:iam::"+far+":role/x/hub", "arn:aws:iam::${aws:PrincipalAccount}:role/x/hub")}
			case 2:
				conditions[pick("StringEquals", "StringNotEqualsIfExists", "StringEqualsIgnoreCase", "ForAnyValue:StringLike").(string)] =
					map[string]any{"idp.example.com:sub": pick("alice", "Alice", []string{"alice", "a*"})}
			default:
				conditions[pick("StringEquals", "StringNotLike").(string)] = map[string]any{"sts:ExternalId": pick("4711", "47*", "")}
			}
		}
		if len(conditions) > 0 {
			s["Condition"] = conditions
		}
		statements = append(statements, s)
	}
	return statements
}

// everyAssumption are requests of the same few words.
func everyAssumption() []evaluate.Request {
	var list []evaluate.Request
	add := func(action, principal, role string, keys map[string][][]string) {
		contexts := []map[string][]string{{}}
		for _, key := range sortedKeys(keys) {
			var next []map[string][]string
			for _, values := range keys[key] {
				for _, c := range contexts {
					with := map[string][]string{key: values}
					for k, v := range c {
						with[k] = v
					}
					if values == nil {
						delete(with, key)
					}
					next = append(next, with)
				}
			}
			contexts = next
		}
		for _, c := range contexts {
			list = append(list, evaluate.Request{Action: action, Resource: "arn:aws:iam::" + own + ":role/dbx-ml", Principal: principal, Role: role, Context: c})
		}
	}
	tokens := map[string][][]string{"idp.example.com:sub": {nil, {"alice"}, {"ALICE"}, {"Alice"}, {"amy"}, {"bob"}}}
	ids := map[string][][]string{"sts:ExternalId": {nil, {"4711"}, {"4712"}, {""}, {"5"}}, "idp.example.com:sub": {nil, {"alice"}, {"ALICE"}}}
	for _, provider := range []string{issuer, issuer + "/other"} {
		add("sts:AssumeRoleWithWebIdentity", provider, "", tokens)
		add("sts:TagSession", provider, "", tokens)
	}
	for _, account := range []string{own, far, third, "999900007777", "123458000000"} {
		for _, name := range []string{"hub", "x/hub", "x/y", "other", "HUB"} {
			for _, session := range []string{"alice", "carol"} {
				r := roleName{partition: "aws", account: account, name: name[max(0, len(name)-len("hub")):]}
				if name == "x/y" {
					r.name = "y"
				}
				principal := "arn:aws:sts::" + r.account + ":assumed-role/" + r.name + "/" + session
				add("sts:AssumeRole", principal, "arn:aws:iam::"+account+":role/"+name, ids)
			}
		}
		add("sts:AssumeRole", "arn:aws:iam::"+account+":user/bob", "", ids)
		add("sts:SetSourceIdentity", "arn:aws:iam::"+account+":user/carol", "", ids)
	}
	add("sts:AssumeRole", "ec2.amazonaws.com", "", ids)
	add("sts:AssumeRole", "lambda.amazonaws.com", "", ids)
	return list
}
