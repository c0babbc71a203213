package login

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func claimsOf(t *testing.T, text string) httpclient.Object {
	t.Helper()
	claims, ok := httpclient.ParseObject([]byte(text))
	if !ok {
		t.Fatalf("no object: %s", text)
	}
	return claims
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
		{"", `{"groups":{"a":1}}`, nil, false},
		{"", `{"groups":7}`, nil, false},
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
		got, present := groups(claimsOf(t, c.claims), Provider{GroupsClaim: c.claim}.groupsClaim())
		if present != c.present || !slices.Equal(got, c.want) {
			t.Errorf("%s of %s: %q, %v", c.claim, c.claims, got, present)
		}
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
	got, _ := groups(claimsOf(t, string(text)), "groups")
	if len(got) != 5_000 || got[0] != many[1] || got[1] != "g0" {
		t.Errorf("%d groups, the first of %d characters", len(got), len(got[0]))
	}
}

func TestTooManyGroupsAtEntraAreToldApart(t *testing.T) {
	t.Parallel()
	const elsewhere = `"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.windows.net/x"}}`
	for _, c := range []struct {
		claim, claims string
		want          bool
	}{
		{"", `{` + elsewhere + `}`, true},
		{"", `{"hasgroups":true}`, true},
		{"", `{"hasgroups":"true"}`, true},
		{"", `{"hasgroups":false}`, false},
		{"", `{"groups":["a"],` + elsewhere + `}`, false},
		{"roles", `{` + elsewhere + `}`, false},
		{"roles", `{"hasgroups":true}`, false},
		{"", `{"_claim_names":5}`, false},
		{"", `{}`, false},
	} {
		p := Provider{GroupsClaim: c.claim}
		if got := newIdentity(p, claimsOf(t, c.claims)).GroupsOverage; got != c.want {
			t.Errorf("%s of %s: %v", c.claim, c.claims, got)
		}
	}
	// The marks must also get past the verifier.
	i := newIDP()
	identity, err := verify(t, i, i.idToken(map[string]any{
		"groups": nil, "_claim_names": map[string]any{"groups": "src1"},
		"_claim_sources": map[string]any{"src1": map[string]any{"endpoint": "https://graph.windows.net/x"}},
	}))
	if err != nil || identity.GroupsPresent || !identity.GroupsOverage {
		t.Errorf("got %+v, %v", identity, err)
	}
}

func TestAnAddressThatIsNotVerifiedNamesNobody(t *testing.T) {
	t.Parallel()
	for verified, want := range map[string]string{
		`true`: "a@example.com", `"true"`: "a@example.com", `null`: "a@example.com", `5`: "a@example.com",
		`false`: "", ` false `: "", `"false"`: "",
	} {
		claims := claimsOf(t, `{"email":"a@example.com","email_verified":`+verified+`}`)
		if got := newIdentity(Provider{}, claims).Email; got != want {
			t.Errorf("%s: got %q", verified, got)
		}
	}
}

func TestEntraVouchesForAnAddressOnlyWhereItSaysSo(t *testing.T) {
	t.Parallel()
	for proven, vouched := range map[string]bool{
		`"1"`: true, ` 1 `: true, `true`: true,
		`"0"`: false, `0`: false, `false`: false, `"true "`: false, `null`: false, `[1]`: false, `"yes"`: false,
	} {
		for _, kind := range []string{"entra", "okta"} {
			text := `{"email":"boss@acme.com","preferred_username":"mallory","xms_edov":` + proven + `}`
			i := newIdentity(Provider{Kind: kind, GroupsClaim: "email"}, claimsOf(t, text))
			if want := vouched || kind != "entra"; (i.Email == "boss@acme.com") != want || i.GroupsPresent != want || i.Username != "mallory" {
				t.Errorf("%s, %s: %+v", kind, proven, i)
			}
		}
	}
	if i := newIdentity(Provider{Kind: "entra"}, claimsOf(t, `{"email":"boss@acme.com","preferred_username":"mallory"}`)); i.Email != "" {
		t.Errorf("got %q", i.Email)
	}
	if i := newIdentity(Provider{Kind: "entra"}, claimsOf(t, `{"email":"a@acme.com","xms_edov":1,"email_verified":false}`)); i.Email != "" {
		t.Errorf("got %q", i.Email)
	}
}

func TestDisplayIsForPeople(t *testing.T) {
	t.Parallel()
	for want, i := range map[string]*Session{
		"alice@example.com": {Email: "alice@example.com", Username: "alice", Subject: "1"},
		"alice":             {Email: " \x1b", Username: "al\u202eice", Subject: "1"},
		"00u1":              {Subject: "00u1\x07"},
		"":                  {},
	} {
		if got := i.Display(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func FuzzClaims(f *testing.F) {
	for _, seed := range []string{
		`{"iss":"https://idp.example.com","aud":["cli","b"],"azp":"cli","sub":"s","exp":4102444800,"iat":"1","nbf":1.5,"groups":["a"]}`,
		`{"exp":1e300,"nbf":-1,"iat":"NaN"}`, `{"groups":{"a":[["b"]]},"hasgroups":"true"}`, `{"email":"\u001b[2J","name":5}`,
		`{"https://aws.amazon.com/tags":{"principal_tags":{"a":[1,"b"]}}}`, `{}`, `null`,
	} {
		f.Add([]byte(seed), "groups")
		f.Add([]byte(seed), "/groups/a/0")
	}
	f.Fuzz(func(t *testing.T, payload []byte, claim string) {
		claims, ok := httpclient.ParseObject(payload)
		if !ok {
			return
		}
		c, p := &Client{}, Provider{Issuer: testIssuer, ClientID: testClient, GroupsClaim: claim}
		err := c.checkClaims(p, &Endpoints{}, claims, "")
		if err != nil {
			if told := err.Error(); told != ui.Clean(told) {
				t.Fatalf("not fit to be shown: %q", told)
			}
		} else if claims.Text("sub") == "" || claims.Text("iss") != testIssuer {
			t.Fatalf("believed %q", payload)
		}
		i := newIdentity(p, claims)
		for _, name := range []string{i.Username, i.Email, i.Name, display(i.Email, i.Username, i.Subject)} {
			if name != ui.Clean(name) {
				t.Fatalf("not clean: %q", name)
			}
		}
		if len(i.Groups) > maxGroups || !i.GroupsPresent && i.Groups != nil || i.GroupsPresent && i.GroupsOverage {
			t.Fatalf("got %+v", i)
		}
		for _, group := range i.Groups {
			if group == "" || len(group) > maxGroup {
				t.Fatalf("group %q", group)
			}
		}
	})
}
