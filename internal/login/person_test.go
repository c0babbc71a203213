package login

import (
	"fmt"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func claimsOf(t *testing.T, text string) idtoken.Claims {
	t.Helper()
	o, ok := httpclient.ParseObject([]byte(text))
	if !ok {
		t.Fatalf("no object: %s", text)
	}
	return idtoken.Claims{Object: o}
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
		if got := personOf(p, claimsOf(t, c.claims)).groups.overage; got != c.want {
			t.Errorf("%s of %s: %v", c.claim, c.claims, got)
		}
	}
}

func TestAnAddressThatIsNotVerifiedNamesNobody(t *testing.T) {
	t.Parallel()
	for verified, want := range map[string]string{
		`true`: "a@example.com", `"true"`: "a@example.com", `null`: "a@example.com", `5`: "a@example.com",
		`false`: "", ` false `: "", `"false"`: "",
	} {
		claims := claimsOf(t, `{"email":"a@example.com","email_verified":`+verified+`}`)
		if got := personOf(Provider{}, claims).email; got != want {
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
			i := personOf(Provider{Kind: kind, GroupsClaim: "email"}, claimsOf(t, text))
			if want := vouched || kind != "entra"; (i.email == "boss@acme.com") != want || i.groups.present != want || i.username != "mallory" {
				t.Errorf("%s, %s: %+v", kind, proven, i)
			}
		}
	}
	if i := personOf(Provider{Kind: "entra"}, claimsOf(t, `{"email":"boss@acme.com","preferred_username":"mallory"}`)); i.email != "" {
		t.Errorf("got %q", i.email)
	}
	if i := personOf(Provider{Kind: "entra"}, claimsOf(t, `{"email":"a@acme.com","xms_edov":1,"email_verified":false}`)); i.email != "" {
		t.Errorf("got %q", i.email)
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

func TestTooManyGroupsAtPingAreToldApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, claims string
		overage      bool
	}{
		{"ping", `{"groups":["[SIZE_LIMIT_EXCEEDED]"]}`, true},
		{"ping", `{"groups":"[SIZE_LIMIT_EXCEEDED]"}`, true},
		{"ping", `{"groups":["ml"]}`, false},
		{"okta", `{"groups":["[SIZE_LIMIT_EXCEEDED]"]}`, false},
	} {
		who := personOf(Provider{Kind: c.kind}, claimsOf(t, c.claims))
		if who.groups.overage != c.overage || who.groups.present == c.overage || (len(who.groups.names) == 0) != c.overage {
			t.Errorf("%s, %s: %+v", c.kind, c.claims, who)
		}
	}
}

func TestAnotherKeyDoesNotGetIntoTheSession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stored, renewed string
		another         bool
	}{
		"the same":              {"k1@t", "k1", false},
		"another":               {"k1@t", "k2", true},
		"not known before":      {"", "k1", false},
		"not told this time":    {"k1@t", "", false},
		"none at this provider": {"", "", false},
	} {
		p := Provider{Kind: "entra"}
		session := &Session{Subject: "alice-1", Key: c.stored}
		if got := session.IsAnother(p, claimsOf(t, fmt.Sprintf(`{"sub":"alice-1","oid":%q,"tid":"t"}`, c.renewed))); got != c.another {
			t.Errorf("%s: %v", name, got)
		}
		if !session.IsAnother(p, claimsOf(t, `{"sub":"mallory-1"}`)) {
			t.Errorf("%s: another subject is another", name)
		}
	}
}

func FuzzPerson(f *testing.F) {
	for _, seed := range []string{
		`{"sub":"s","exp":4102444800,"iat":"1","groups":["a"]}`, `{"exp":1e300}`, `{"groups":{"a":[["b"]]},"hasgroups":"true"}`,
		`{"email":"\u001b[2J","name":5}`, `{}`, `null`,
	} {
		f.Add([]byte(seed), "groups")
		f.Add([]byte(seed), "/groups/a/0")
	}
	f.Fuzz(func(t *testing.T, payload []byte, claim string) {
		o, ok := httpclient.ParseObject(payload)
		if !ok {
			return
		}
		who := personOf(Provider{GroupsClaim: claim}, idtoken.Claims{Object: o})
		for _, name := range []string{who.username, who.email, who.name, display(who.email, who.username, who.subject)} {
			if name != ui.Clean(name) {
				t.Fatalf("not clean: %q", name)
			}
		}
		if !who.groups.present && who.groups.names != nil || who.groups.present && who.groups.overage {
			t.Fatalf("got %+v", who)
		}
	})
}
