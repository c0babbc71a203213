package compare

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// Random policies of few words: where the comparison finds no difference, no request is judged differently, and where it finds
// one, its example is.
func TestTheJudgeAgrees(t *testing.T) {
	needed.FullSpeed(t)
	random := rand.New(rand.NewPCG(13, 2026))
	requests := everyRequest()
	equal, different := 0, 0
	for range 150 {
		wanted, actual := randomPolicy(random), randomPolicy(random)
		if random.IntN(2) == 0 { // much alike
			actual = alike(random, wanted)
		}
		result, err := Permissions(Policies{Identity: []string{wanted}}, Policies{Identity: []string{actual}}, role)
		if err != nil {
			t.Fatal(err)
		}
		if !result.Whole {
			t.Fatalf("not whole:\n%s\n%s", wanted, actual)
		}
		for _, d := range result.Differences {
			if !d.Sure {
				t.Errorf("not judged differently: %+v\n%s\n%s", d, wanted, actual)
			}
		}
		parsed := [2]*evaluate.Policy{}
		for i, document := range []string{wanted, actual} {
			if parsed[i], err = evaluate.Parse(document); err != nil {
				t.Fatal(err)
			}
		}
		var more, less bool
		for _, d := range result.Differences {
			more, less = more || d.More, less || !d.More
		}
		for _, r := range requests {
			w, a := parsed[0].Evaluate(r).Effect == evaluate.Allow, parsed[1].Evaluate(r).Effect == evaluate.Allow
			if a && !w && !more || w && !a && !less {
				t.Fatalf("missed %+v\n%s\n%s\n%+v", r, wanted, actual, result)
			}
		}
		if len(result.Differences) == 0 {
			equal++
		} else {
			different++
		}
	}
	if equal < 10 || different < 100 {
		t.Errorf("%d equal, %d different: the test has lost its force", equal, different)
	}
}

// alike is a policy with one word changed.
func alike(random *rand.Rand, policy string) string {
	changes := [][2]string{
		{"s3:GetObject", "s3:Get*"}, {"s3:GetObject", "s3:GetObject*"}, {"s3:GetObject", "s3:PutObject"}, {"s3:DeleteObject", "s3:Delete*"},
		{"s3:DeleteObject", "s3:PutObject"}, {"kms:Decrypt", "kms:GenerateDataKey"}, {"key/one", "key/one*"}, {"2027-01-01T00", "2027-01-01T01"},
	}
	for _, i := range random.Perm(len(changes)) {
		if changed := strings.Replace(policy, changes[i][0], changes[i][1], 1); changed != policy {
			return changed
		}
	}
	return policy
}

func randomPolicy(random *rand.Rand) string {
	some := func(of ...string) words {
		random.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
		return of[:1+random.IntN(2)]
	}
	var statements []map[string]any
	for range 1 + random.IntN(4) {
		s := map[string]any{"Effect": "Allow"}
		if random.IntN(4) == 0 {
			s["Effect"] = "Deny"
		}
		s[[]string{"Action", "Action", "Action", "NotAction"}[random.IntN(4)]] = some("s3:GetObject", "s3:Get*", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:*", "kms:Decrypt", "kms:*")
		s[[]string{"Resource", "Resource", "Resource", "NotResource"}[random.IntN(4)]] =
			some("arn:aws:s3:::a", "arn:aws:s3:::a/*", "arn:aws:s3:::a/b/*", "arn:aws:s3:::*", "*", "arn:aws:s3:::a*", "arn:aws:s3:::?/b*", keyOne, "arn:aws:kms:*:111122223333:key/*")
		switch random.IntN(6) {
		case 4:
			s["Condition"] = map[string]any{some("DateLessThan", "DateGreaterThanEquals")[0]: map[string]any{"aws:CurrentTime": some("2027-01-01T00:00:00Z", "2027-02-01")[:1]}}
		case 5:
			s["Condition"] = map[string]any{some("StringEquals", "StringNotEquals")[0]: map[string]any{encryptionKey: keyOne}, "Null": map[string]any{encryptionKey: "false"}}
		case 0:
			s["Condition"] = map[string]any{some("StringLike", "StringNotLike", "StringEqualsIfExists", "StringEquals")[0]: map[string]any{"s3:prefix": some("a", "a*", "ab")}}
		case 1:
			s["Condition"] = map[string]any{some("Bool", "BoolIfExists")[0]: map[string]any{"aws:SecureTransport": "false"},
				"NumericLessThan": map[string]any{"s3:max-keys": some("10", "20")}}
		}
		statements = append(statements, s)
	}
	b, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	return string(b)
}

const (
	keyOne        = "arn:aws:kms:us-east-1:111122223333:key/one"
	encryptionKey = "s3:x-amz-server-side-encryption-aws-kms-key-id"
)

// everyRequest are those of the same few words.
func everyRequest() []evaluate.Request {
	var list []evaluate.Request
	for _, at := range []string{"2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z"} {
		now := []string{at}
		for _, key := range []string{keyOne, keyOne + "-more"} {
			list = append(list, evaluate.Request{Action: "kms:Decrypt", Resource: key, Context: map[string][]string{"aws:CurrentTime": now}},
				evaluate.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::a/b/x", Context: map[string][]string{"aws:CurrentTime": now, encryptionKey: {key}}})
		}
		for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} {
			list = append(list, evaluate.Request{Action: action, Resource: "arn:aws:s3:::a/x", Context: map[string][]string{"aws:CurrentTime": now}})
		}
	}
	prefixes := [][]string{nil, {"a"}, {"ab"}, {"c"}}
	for _, action := range []string{"s3:GetObject", "s3:GetObjectAcl", "s3:DeleteObject", "s3:ListBucket"} {
		for _, resource := range []string{"a", "a/x", "a/b/x", "c", "c/b", "c/bx", "ab"} {
			if (action == "s3:ListBucket") == strings.Contains(resource, "/") {
				continue
			}
			for _, prefix := range prefixes {
				for _, secure := range prefixes[:2] {
					for _, keys := range [][]string{nil, {"9"}, {"15"}, {"30"}} {
						context := map[string][]string{"s3:prefix": prefix, "s3:max-keys": keys}
						if secure != nil {
							context["aws:SecureTransport"] = []string{"false"}
						}
						for k, v := range context {
							if v == nil {
								delete(context, k)
							}
						}
						list = append(list, evaluate.Request{Action: action, Resource: "arn:aws:s3:::" + resource, Context: context})
					}
				}
			}
		}
	}
	return list
}

// Documents are others': whatever they are, the comparison ends soon, and does not call equal what it did not look at.
func TestHostileDocuments(t *testing.T) {
	needed.FullSpeed(t)
	stars := strings.Repeat("*a?b", 300)
	var resources, values []string
	for i := range 40 {
		resources = append(resources, "arn:aws:s3:::"+stars[i:]+"*")
		values = append(values, stars[i:])
	}
	hostile := func(effect string) string {
		b, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": effect, "Action": "s3:*", "Resource": resources[:20],
			"Condition": map[string]any{"ForAnyValue:StringLike": map[string]any{"s3:prefix": values[:10]}},
		}, map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"}}})
		return string(b)
	}
	slices.Reverse(resources)
	start := time.Now()
	result, err := Permissions(Policies{Identity: []string{hostile("Deny")}}, Policies{Identity: []string{hostile("Allow")}}, role)
	if err != nil || len(result.Differences) == 0 && result.Whole {
		t.Errorf("%v, %v", result, err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	large := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + strings.Repeat("a", 100_000) + `"}}`
	if _, err := Permissions(Policies{Identity: []string{large}}, Policies{}, role); err == nil {
		t.Error("a document of 100 kB was compared")
	}
}

func FuzzCompare(f *testing.F) {
	f.Add(policy(reading, listing), policy(reading, plain), false)
	f.Add(policy(trust, chain), policy(trust), true)
	f.Add(policy(`{"Effect":"Deny","NotAction":"s3:*","NotResource":["arn:aws:s3:::${aws:username}/*"]}`, reading), policy(reading), false)
	f.Fuzz(func(t *testing.T, wanted, actual string, trust bool) {
		if trust {
			_, _ = Trust(wanted, actual, role)
			return
		}
		result, err := Permissions(Policies{Identity: []string{wanted}}, Policies{Identity: []string{actual}}, role)
		if err != nil {
			return
		}
		back, err := Permissions(Policies{Identity: []string{actual}}, Policies{Identity: []string{wanted}}, role)
		if err != nil || result.Whole && back.Whole && (len(result.Differences) == 0) != (len(back.Differences) == 0) {
			t.Errorf("one way %+v, the other %+v, %v", result, back, err)
		}
	})
}
