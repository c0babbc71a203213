package idtoken

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func claimsOf(t *testing.T, text string) Claims {
	t.Helper()
	claims, ok := httpclient.ParseObject([]byte(text))
	if !ok {
		t.Fatalf("no object: %s", text)
	}
	return Claims{claims}
}

func TestGroupsAreReadFromAClaimOrAPointer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		claim, claims string
		want          []string
		present       bool
	}{
		{"", `{"groups":["a","b"]}`, []string{"a", "b"}, true},
		{"", `{"groups":["a","","a",5,null,{"x":1},"/b"]}`, []string{"a", "/b"}, true},
		{"", `{"groups":"one"}`, []string{"one"}, true},
		{"", `{"groups":[]}`, []string{}, true},
		{"", `{"groups":null}`, nil, false},
		{"", `{"groups":{"b":{"1":"acme.example"},"a":1,"":1,"c":[0],"d":"x","e":true}}`, []string{"a", "b", "c", "d", "e"}, true},
		{"", `{"groups":{"a":false,"b":null,"c": {},"d":[],"e":"","f":0}}`, []string{}, true},
		{"urn:zitadel:iam:org:project:roles", `{"urn:zitadel:iam:org:project:roles":{"ml-trainer":{"2178":"acme.example"}}}`, []string{"ml-trainer"}, true},
		{"/a/b", `{"a":{"b":{"c":{"d":1}}}}`, []string{"c"}, true},
		{"", `{"groups":7}`, []string{}, true},
		{"", `{"groups":true}`, []string{}, true},
		{"", `{"groups":[{"name":"a"}]}`, []string{}, true},
		{"", `{"groups":[["a"]]}`, []string{}, true},
		{"", `{"Groups":["a"]}`, nil, false},
		{"", `{}`, nil, false},
		{"roles", `{"groups":["a"],"roles":["r"]}`, []string{"r"}, true},
		{"https://acme.example/groups", `{"https://acme.example/groups":["a"]}`, []string{"a"}, true},
		{"/realm_access/roles", `{"realm_access":{"roles":["a"]}}`, []string{"a"}, true},
		{"/a~1b/m~0n/1", `{"a/b":{"m~n":[5,"x"]}}`, []string{"x"}, true},
		{"/~01", `{"~1":"x","/":"y"}`, []string{"x"}, true},
		{"/", `{"":"x"}`, []string{"x"}, true},
		{"/a/01", `{"a":["x","y"]}`, nil, false},
		{"/a/-1", `{"a":["x","y"]}`, nil, false},
		{"/a/2", `{"a":["x","y"]}`, nil, false},
		{"/a/99999999999999999999", `{"a":["x"]}`, nil, false},
		{"/a/b", `{"a":"x"}`, nil, false},
		{"/missing/b", `{"a":"x"}`, nil, false},
	} {
		got, present := claimsOf(t, c.claims).Groups(cmp.Or(c.claim, "groups"))
		if present != c.present || !slices.Equal(got, c.want) {
			t.Errorf("%s of %s: %q, %v", c.claim, c.claims, got, present)
		}
	}
}

// What no group can be read of is named as what it is: "the ID token has no claim" would be false.
func TestOtherShapesAreNamed(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`7`: "a number", ` -1.5`: "a number", `true`: "a truth value", `false`: "a truth value", `{"a":false}`: "an object",
		`[7]`: "a list of numbers", `[true]`: "a list of truth values", `[ {"name":"a"}]`: "a list of objects", `[["a"]]`: "a list of lists",
		`[null]`: "", `[[]]`: "a list of lists", `[{}]`: "a list of objects",
		`""`: "", `"a"`: "", `[]`: "", `{}`: "an object", `null`: "",
	} {
		if got := claimsOf(t, `{"groups":`+value+`}`).Shape("groups"); got != want {
			t.Errorf("%s is %q, want %q", value, got, want)
		}
	}
	if got := claimsOf(t, `{}`).Shape("groups"); got != "" {
		t.Errorf("a claim that is missing is %q", got)
	}
}

// A token may hold a list that is nested thousands of times.
func TestDeepListsAreNotLookedInto(t *testing.T) {
	t.Parallel()
	const depth = 7_000
	claims := claimsOf(t, `{"groups":`+strings.Repeat("[", depth)+strings.Repeat("]", depth)+`}`)
	began := time.Now()
	if got := claims.Shape("groups"); got != "a list of lists" || time.Since(began) > 20*time.Second {
		t.Errorf("%q after %s", got, time.Since(began))
	}
}

func TestGroupsAreBounded(t *testing.T) {
	t.Parallel()
	many := []string{strings.Repeat("x", 1_025), strings.Repeat("y", 1_024)}
	for n := range 6_000 {
		many = append(many, fmt.Sprint("g", n))
	}
	text, err := json.Marshal(map[string]any{"groups": many})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := claimsOf(t, string(text)).Groups("groups")
	if len(got) != 5_000 || got[0] != many[1] || got[1] != "g0" {
		t.Errorf("%d groups, the first of %d characters", len(got), len(got[0]))
	}
	object := map[string]any{}
	for _, name := range many {
		object[name] = 1
	}
	if text, err = json.Marshal(map[string]any{"groups": object}); err != nil {
		t.Fatal(err)
	}
	if got, _ := claimsOf(t, string(text)).Groups("groups"); len(got) != 5_000 || slices.Contains(got, many[0]) {
		t.Errorf("%d groups of an object", len(got))
	}
}

func FuzzClaims(f *testing.F) {
	const issuer = "https://idp.example.com"
	for _, seed := range []string{
		`{"iss":"https://idp.example.com","aud":["cli","b"],"azp":"cli","sub":"s","exp":4102444800,"iat":"1","nbf":1.5,"groups":["a"]}`,
		`{"exp":1e300,"nbf":-1,"iat":"NaN"}`, `{"groups":{"a":[["b"]]},"hasgroups":"true"}`, `{"email":"\u001b[2J","name":5}`,
		`{"https://aws.amazon.com/tags":{"principal_tags":{"a":[1,"b"]}}}`, `{}`, `null`,
	} {
		f.Add([]byte(seed), "groups")
		f.Add([]byte(seed), "/groups/a/0")
	}
	f.Fuzz(func(t *testing.T, payload []byte, claim string) {
		o, ok := httpclient.ParseObject(payload)
		if !ok {
			return
		}
		claims := Claims{o}
		err := (&Issuer{Name: issuer}).check(claims, Expected{Audience: "cli"}, time.Now())
		if err != nil {
			if told := err.Error(); told != ui.Clean(told) {
				t.Fatalf("not fit to be shown: %q", told)
			}
		} else if claims.Text("sub") == "" || claims.Text("iss") != issuer {
			t.Fatalf("believed %q", payload)
		}
		groups, present := claims.Groups(claim)
		if len(groups) > maxGroups || !present && groups != nil {
			t.Fatalf("got %q", groups)
		}
		for _, group := range groups {
			if group == "" || len(group) > maxGroup {
				t.Fatalf("group %q", group)
			}
		}
	})
}
