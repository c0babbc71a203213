package desired_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// persons have one group, or several with the tags of some of them, as the provider chose.
func persons(random *rand.Rand, m *accessmap.Map) (list []person) {
	i := m.Identities["acme"]
	for _, groups := range [][]string{{"a"}, {"b"}, {"c"}, {"a", "b"}, {"b", "c"}, {"a", "b", "c"}} {
		p := person{identity: "acme", groups: groups, tags: make(map[string]string), acr: pick(random, []string{"phr", "phr", "pwd", ""})}
		for _, n := range random.Perm(len(groups)) {
			tags := i.SignedTags[groups[n]]
			if !slices.ContainsFunc(slices.Collect(maps.Keys(tags)), func(key string) bool { return p.tags[key] != "" && p.tags[key] != tags[key] }) {
				maps.Copy(p.tags, tags)
			}
		}
		list = append(list, p)
	}
	if m.Identities["corp"] != nil {
		for _, sets := range [][]string{{"ML"}, {"ML_x"}, {"ML", "ML_x"}} {
			var assigned []string
			for _, set := range sets {
				assigned = append(assigned, "111122223333/"+set)
			}
			list = append(list, person{identity: "corp", groups: assigned})
		}
	}
	return list
}

// randomPlaces is a map whose roles share IAM roles, stand behind each other, and on permission sets whose names look alike.
func randomPlaces(random *rand.Rand) string {
	var roles, ofCenter []string
	var b strings.Builder
	for i := range 2 + random.IntN(4) {
		name := fmt.Sprintf("r%d", i)
		aws := fmt.Sprintf("role_arn: \"arn:aws:iam::111122223333:role/%s\", region: us-east-1", pick(random, []string{"one", "two", "three", "four"}))
		switch random.IntN(8) {
		case 0, 1:
			aws += ", account_id: \"111122223333\", role_name: " + pick(random, []string{"ML", "ML_x"})
			ofCenter = append(ofCenter, name)
		case 2, 3, 4:
			if i > 0 {
				aws += ", via: " + pick(random, roles)
			}
		}
		if random.IntN(4) == 0 {
			aws += ", external_id: x"
		}
		fmt.Fprintf(&b, "  %s:\n    aws: { %s }\n", name, aws)
		if random.IntN(5) == 0 {
			fmt.Fprintf(&b, "    tags: { %s: %s }\n", pick(random, []string{"team", "site"}), pick(random, []string{"a", "b", "x"}))
		}
		granted := false
		for _, verb := range []string{"read", "write", "delete"} {
			if some := slices.DeleteFunc([]string{"d1", "pii", "near", "other"}, func(string) bool { return random.IntN(4) > 0 }); len(some) > 0 {
				fmt.Fprintf(&b, "    %s: [%s]\n", verb, strings.Join(some, ", "))
				granted = true
			}
		}
		if !granted {
			b.WriteString("    unrestricted: true\n")
		}
		roles = append(roles, name)
	}
	given := func(of []string) string {
		var list []string
		for _, name := range of {
			switch random.IntN(5) {
			case 0, 1:
				list = append(list, name)
			case 2:
				list = append(list, "{ role: "+name+", until: 2027-03-01 }")
			}
		}
		if list == nil {
			list = of[:1]
		}
		return strings.Join(list, ", ")
	}
	signed := ""
	for _, group := range []string{"a", "b", "c"} {
		if tags := pick(random, []string{"", "team: " + group, "team: " + group, "team: " + group, "team: all", "team: " + group + ", level: high", "level: high"}); tags != "" {
			signed += fmt.Sprintf("      %s: { %s }\n", group, tags)
		}
	}
	if signed != "" {
		signed = "    signed_tags:\n" + signed
	}
	corp := ""
	if len(ofCenter) > 0 {
		corp = "  corp: { start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [" + given(ofCenter) + "] }\n"
	}
	key := func(name string) string {
		return pick(random, []string{"", ", kms_key: \"" + keyARN + name + "\""})
	}
	policy, sensitive := "", ""
	if random.IntN(3) == 0 {
		policy, sensitive = "policy: { restricted: { acr: [phr, phrh] } }\n", ", sensitivity: restricted"
	}
	return "version: 1\n" + policy + "identities:\n  acme:\n    issuer: https://login.example.com\n    client_id: dbxaccess\n" + signed +
		fmt.Sprintf("    groups:\n      a: [%s]\n      b: [%s]\n      c: [%s]\n", given(roles), given(roles), given(roles)) + corp +
		"datasets:\n  d1: { location: s3://lake/d1/, deny: [s3://lake/d1/pii/]" + key("one") + " }\n  pii: { location: s3://lake/d1/pii/" + key("one") + sensitive +
		" }\n  near: { location: s3://lake/d1-x/" + key("two") + " }\n  other: { location: s3://other/ }\n" +
		"roles:\n" + b.String()
}
