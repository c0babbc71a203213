package answer_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

var now = time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC)

func parse(t testing.TB, text string) *accessmap.Map {
	t.Helper()
	m, err := accessmap.Parse("map.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return m
}

// mapOf is a map with these lines of groups, datasets and roles.
func mapOf(groups, datasets, roles string) string {
	indent := func(text, by string) string {
		return by + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+by) + "\n"
	}
	text := "version: 1\nidentities:\n  acme:\n    issuer: https://idp.example\n    client_id: x\n    groups:\n" + indent(groups, "      ")
	if datasets != "" {
		text += "datasets:\n" + indent(datasets, "  ")
	}
	return text + "roles:\n" + indent(roles, "  ")
}

// aws is what makes a role one at AWS.
func aws(name string) string {
	return fmt.Sprintf(`aws: {role_arn: "arn:aws:iam::111122223333:role/%s", region: us-east-1}`, name)
}

// randomMap writes a map in which datasets lie inside one another, deny, and have neighbours whose names begin alike, and roles
// inherit and are given by groups and patterns.
func randomMap(r *rand.Rand) string {
	pick := func(from []string, most int) []string {
		var list []string
		for range r.IntN(most + 1) {
			if one := from[r.IntN(len(from))]; !slices.Contains(list, one) {
				list = append(list, one)
			}
		}
		return list
	}
	var datasets, roles, groups strings.Builder
	places := []string{"s3://one-bucket/a/", "s3://one-bucket/a/b/", "s3://one-bucket/a-secret/", "s3://one-bucket", "s3://other-bucket/a/", "s3://other-bucket/a/b/"}
	denied := map[string]string{
		"s3://one-bucket/a/": "s3://one-bucket/a/b/", "s3://one-bucket": "s3://one-bucket/a/", "s3://other-bucket/a/": "s3://other-bucket/a/b/",
	}
	var names []string
	for n := range 4 {
		name, place := fmt.Sprintf("data-%d", n), places[r.IntN(len(places))]
		names = append(names, name)
		fmt.Fprintf(&datasets, "%s: {location: %q", name, place)
		if denied[place] != "" && r.IntN(3) == 0 {
			fmt.Fprintf(&datasets, ", deny: [%q]", denied[place])
		}
		datasets.WriteString("}\n")
	}
	var known, given []string
	for n := range 5 {
		name := fmt.Sprintf("role-%d", n)
		fmt.Fprintf(&roles, "%s:\n  description: one of several\n", name)
		if r.IntN(5) > 0 {
			fmt.Fprintf(&roles, "  %s\n", aws(name))
			given = append(given, name)
		}
		for _, verb := range []string{"read", "write", "delete"} {
			if list := pick(names, 2); len(list) > 0 {
				fmt.Fprintf(&roles, "  %s: [%s]\n", verb, strings.Join(list, ", "))
			}
		}
		if len(known) > 0 {
			if parents := pick(known, 2); len(parents) > 0 {
				fmt.Fprintf(&roles, "  inherits: [%s]\n", strings.Join(parents, ", "))
			}
		}
		known = append(known, name)
	}
	for _, group := range []string{"ml", "ml-leads", "fraud", `"ml*"`, `"**"`} {
		if len(given) > 0 && r.IntN(3) > 0 {
			fmt.Fprintf(&groups, "%s: [%s]\n", group, given[r.IntN(len(given))])
		}
	}
	if groups.Len() == 0 {
		groups.WriteString("nobody: []\n")
	}
	return mapOf(groups.String(), datasets.String(), roles.String())
}

// keys are objects at the borders of the places of randomMap.
func keys() []string {
	return []string{
		"s3://one-bucket/a/x", "s3://one-bucket/a/b/x", "s3://one-bucket/a-secret/x", "s3://one-bucket/x", "s3://one-bucket/a", "s3://other-bucket/a/x",
		"s3://other-bucket/a/b/x", "s3://other-bucket/x",
	}
}

// actions are what shows a verb at an object.
func actions() map[string]string {
	return map[string]string{"read": "s3:GetObject", "write": "s3:PutObject", "delete": "s3:DeleteObject"}
}
