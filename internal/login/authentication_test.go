package login

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// signedIn is a session of a sign-in whose token holds these claims besides.
func signedIn(t *testing.T, kind, claims string) *Session {
	t.Helper()
	p := testProvider()
	p.Kind = kind
	s := NewSession(p, noon)
	s.Update(p, claimsOf(t, `{"sub":"alice-1","exp":1772373600`+claims+`}`), secret.New("id1"), noon)
	return s
}

func authTime(at time.Time) string { return fmt.Sprintf(`,"auth_time":%d`, at.Unix()) }

func TestWhatASignInProves(t *testing.T) {
	t.Parallel()
	long := `["` + strings.Repeat("x", maxProof+1) + `","hwk"]`
	for name, c := range map[string]struct {
		kind, claims string
		time         time.Time
		acr, amr     []string
	}{
		"nothing":             {"generic", "", time.Time{}, nil, nil},
		"all":                 {"generic", authTime(noon.Add(-time.Hour)) + `,"acr":"phr","amr":["hwk","user"]`, noon.Add(-time.Hour), []string{"phr"}, []string{"hwk", "user"}},
		"written as a text":   {"generic", fmt.Sprintf(`,"auth_time":"%d","amr":"pwd"`, noon.Unix()), noon, nil, []string{"pwd"}},
		"a clock ahead":       {"generic", authTime(noon.Add(4 * time.Minute)), noon, nil, nil},
		"from the future":     {"generic", authTime(noon.Add(time.Hour)), time.Time{}, nil, nil},
		"0, for unknown":      {"generic", `,"auth_time":0`, time.Time{}, nil, nil},
		"before 1970":         {"generic", `,"auth_time":-5`, time.Time{}, nil, nil},
		"of another type":     {"generic", `,"auth_time":[1],"acr":{"a":1},"amr":[1,{"x":2}]`, time.Time{}, []string{"a"}, nil},
		"hostile":             {"generic", `,"amr":` + long + `,"acr":"a\u001b[31mb"`, time.Time{}, []string{"ab"}, []string{"hwk"}},
		"Entra's contexts":    {"entra", `,"acr":"1","acrs":["c1","c2"]`, time.Time{}, []string{"c1", "c2"}, nil},
		"of others no claims": {"okta", `,"acrs":["c1"]`, time.Time{}, nil, nil},
	} {
		a := signedIn(t, c.kind, c.claims).Authentication
		if !a.Time.Equal(c.time) || !slices.Equal(a.AMR, c.amr) || c.kind != "generic" && !slices.Equal(a.ACR, c.acr) {
			t.Errorf("%s: %+v", name, a)
		}
		if c.kind == "generic" && len(a.ACR) != len(c.acr) {
			t.Errorf("%s: %q", name, a.ACR)
		}
		if slices.ContainsFunc(a.ACR, func(s string) bool { return strings.ContainsAny(s, "\x1b\n") }) {
			t.Errorf("%s: %q", name, a.ACR)
		}
	}
}

// A time that can't be is kept apart from one that is missing, and through the keyring.
func TestATimeOfASignInThatCanNotBe(t *testing.T) {
	t.Parallel()
	later := noon.Add(time.Hour).Unix()
	for claims, want := range map[string]int64{
		"": 0, `,"auth_time":0`: 0, `,"auth_time":"soon"`: 0, authTime(noon): 0, authTime(noon.Add(4 * time.Minute)): 0,
		authTime(noon.Add(time.Hour)): later, fmt.Sprintf(`,"auth_time":"%d"`, later): later, `,"auth_time":1772366400000`: 1772366400000,
		`,"auth_time":-5`: -5, `,"auth_time":1e400`: 1 << 62, `,"auth_time":-1e30`: -1 << 62,
	} {
		s := signedIn(t, "generic", claims)
		data, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		kept, err := decodeSession(data)
		if err != nil || kept.Authentication.Unbelieved != want || want != 0 && !kept.Authentication.Time.IsZero() {
			t.Errorf("%s: %+v, %v", claims, kept, err)
		}
	}
}

// Nobody proves anything at a renewal: what it says more of is not believed.
func TestARenewalProvesNoMore(t *testing.T) {
	t.Parallel()
	const first = `,"acr":"phr","amr":["hwk","pin"]`
	for name, c := range map[string]struct {
		renewed  string
		time     time.Time
		acr, amr []string
	}{
		"the same":        {authTime(noon.Add(-time.Hour)) + first, noon.Add(-time.Hour), []string{"phr"}, []string{"hwk", "pin"}},
		"without any":     {"", noon.Add(-time.Hour), []string{"phr"}, []string{"hwk", "pin"}},
		"a later time":    {authTime(noon), noon.Add(-time.Hour), []string{"phr"}, []string{"hwk", "pin"}},
		"an earlier time": {authTime(noon.Add(-2 * time.Hour)), noon.Add(-2 * time.Hour), []string{"phr"}, []string{"hwk", "pin"}},
		"another class":   {`,"acr":"phrh"`, noon.Add(-time.Hour), nil, []string{"hwk", "pin"}},
		"fewer methods":   {`,"amr":["pin"]`, noon.Add(-time.Hour), []string{"phr"}, []string{"pin"}},
		"more methods":    {`,"amr":["hwk","pin","mfa"]`, noon.Add(-time.Hour), []string{"phr"}, []string{"hwk", "pin"}},
	} {
		s := signedIn(t, "generic", authTime(noon.Add(-time.Hour))+first)
		s.Update(testProvider(), claimsOf(t, `{"sub":"alice-1","exp":1772373600`+c.renewed+`}`), secret.New("id2"), noon)
		a := s.Authentication
		if !a.Time.Equal(c.time) || !slices.Equal(a.ACR, c.acr) || !slices.Equal(a.AMR, c.amr) {
			t.Errorf("%s: %+v", name, a)
		}
		if strings.Contains(name, "class") && a.ACR == nil {
			t.Errorf("%s: none is not the same as untold", name)
		}
	}
	old := signedIn(t, "generic", "") // by a provider that did not say, or a build that did not look
	old.Update(testProvider(), claimsOf(t, `{"sub":"alice-1","exp":1772373600`+authTime(noon)+first+`}`), secret.New("id2"), noon)
	if a := old.Authentication; !a.Time.IsZero() || len(a.ACR)+len(a.AMR) > 0 {
		t.Errorf("%+v", a)
	}
}
