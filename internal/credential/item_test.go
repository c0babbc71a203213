package credential

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newItem(life time.Duration) *Item {
	return &Item{
		Binding:  Binding{Issuer: "https://idp.example.com", Subject: "00u1", RoleARN: "arn:aws:iam::111122223333:role/r"},
		IssuedAt: noon, SessionName: "alice@example.com",
		Expires: noon.Add(life),
		Credentials: &AWS{
			AccessKeyID: "ASIA1", SecretAccessKey: secret.New("s"), SessionToken: secret.New("t"), Expires: noon.Add(life),
		},
	}
}

func TestFreshness(t *testing.T) {
	for _, c := range []struct {
		life, age time.Duration
		fresh     bool
	}{
		{time.Hour, 0, true},
		{time.Hour, 45 * time.Minute, true},
		{time.Hour, 45*time.Minute + time.Second, false},
		{12 * time.Hour, 11*time.Hour + 46*time.Minute, false},
		{20 * time.Minute, 15 * time.Minute, true},
		{20 * time.Minute, 15*time.Minute + time.Second, false},
		{time.Hour, 2 * time.Hour, false},
		{time.Hour, -2 * time.Minute, false}, // the clock was set back
	} {
		if got := newItem(c.life).Fresh(Request{}, noon.Add(c.age)); got != c.fresh {
			t.Errorf("life %s, age %s: fresh = %v", c.life, c.age, got)
		}
	}
}

func newToken(life time.Duration) *Item {
	return &Item{
		Binding: Binding{
			Issuer: "https://idp.example.com", Subject: "00u1", Host: "https://w.example.com", AccountID: "a1", ServicePrincipal: "p1",
		},
		IssuedAt: noon, SessionName: "alice@example.com", Expires: noon.Add(life), Roles: []string{"ml-trainer"},
		Token: &Token{Host: "https://w.example.com", AccountID: "a1", AccessToken: secret.New("t"), Expires: noon.Add(life)},
	}
}

func TestFreshnessOfTokens(t *testing.T) {
	for _, c := range []struct {
		life, age time.Duration
		fresh     bool
	}{
		{time.Hour, 40 * time.Minute, true},
		{time.Hour, 40*time.Minute + time.Second, false},
		{24 * time.Hour, 23*time.Hour + 41*time.Minute, false},
		{10 * time.Minute, 5 * time.Minute, true},
		{10 * time.Minute, 5*time.Minute + time.Second, false},
	} {
		if got := newToken(c.life).Fresh(Request{}, noon.Add(c.age)); got != c.fresh {
			t.Errorf("life %s, age %s: fresh = %v", c.life, c.age, got)
		}
	}
}

func TestStoredTokens(t *testing.T) {
	data, err := newToken(23 * time.Hour).Encode()
	if err != nil {
		t.Fatal(err)
	}
	back := Decode("workspace/a", data)
	if back == nil || back.Binding != newToken(0).Binding || back.Credentials != nil || *back.Token != (Token{
		Host: "https://w.example.com", AccountID: "a1", AccessToken: back.Token.AccessToken, Expires: noon.Add(23 * time.Hour),
	}) || back.Token.AccessToken.Reveal() != "t" || !back.ValidFor(Request{Role: "ml-trainer"}) || back.ValidFor(Request{Role: "ml-reader"}) {
		t.Fatalf("got %+v", back)
	}
	if it := Decode("workspace/a", bytes.Replace(data, []byte(`"host"`), []byte(`"hots"`), 1)); it != nil {
		t.Errorf("a token for no host: %+v", it)
	}
	if it := Decode("role/a", data); it != nil {
		t.Errorf("a token in the place of a role's credentials: %+v", it)
	}
	late := newToken(0)
	late.Expires = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	if data, err = late.Encode(); err != nil {
		t.Fatal(err)
	}
	if it := Decode("workspace/a", data); !it.Expires.Equal(noon.Add(MaxLifeToken)) || !it.Token.Expires.Equal(it.Expires) {
		t.Errorf("an expiry in the year 9999 is cut, got %s", it.Expires)
	}
}

func TestStoredItems(t *testing.T) {
	data, err := newItem(time.Hour).Encode()
	if err != nil {
		t.Fatal(err)
	}
	back := Decode("role/a", data)
	if back == nil || back.Binding != newItem(time.Hour).Binding || back.Credentials.SecretAccessKey.Reveal() != "s" ||
		!back.Credentials.Expires.Equal(noon.Add(time.Hour)) {
		t.Fatalf("got %+v", back)
	}
	for name, change := range map[string]func(map[string]any){
		"no expiry":           func(m map[string]any) { delete(m, "expires") },
		"expiry before issue": func(m map[string]any) { m["expires"] = noon.Add(-time.Second) },
		"no issue":            func(m map[string]any) { delete(m, "issued") },
		"no key":              func(m map[string]any) { m["access_key_id"] = "" },
		"no secret":           func(m map[string]any) { delete(m, "secret_access_key") },
		"no token":            func(m map[string]any) { delete(m, "session_token") },
		"another type":        func(m map[string]any) { m["expires"] = 5 },
	} {
		var m map[string]any
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		changed, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if it := Decode("role/a", changed); it != nil {
			t.Errorf("%s: served as %+v", name, it)
		}
	}
	late := newItem(0)
	late.Expires = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	if data, err = late.Encode(); err != nil {
		t.Fatal(err)
	}
	if it := Decode("role/a", data); !it.Credentials.Expires.Equal(noon.Add(MaxLifeAWS)) {
		t.Errorf("an expiry in the year 9999 is cut, got %s", it.Credentials.Expires)
	}
}

func TestItemKeysAreDistinctAndTellNothing(t *testing.T) {
	key := func(r Request) string { return r.Key("/map.yaml") }
	seen := map[string]Request{}
	for _, r := range []Request{
		{Identity: "a", Role: "b"}, {Identity: "ab", Role: ""}, {Identity: "", Role: "ab"}, {Identity: "a", Role: "b", Scope: []string{"c"}},
		{Identity: "a", Role: "b", Scope: []string{"c", "d"}}, {Identity: "a", Role: "b", Scope: []string{"cd"}}, {Identity: "a", Role: "bc"},
	} {
		if other, ok := seen[key(r)]; ok {
			t.Errorf("%+v and %+v share a key", r, other)
		}
		seen[key(r)] = r
	}
	if key(Request{Identity: "a", Role: "b", Scope: []string{"d", "c", "d"}}) != key(Request{Identity: "a", Role: "b", Scope: []string{"c", "d"}}) {
		t.Error("the order of a scope does not matter")
	}
}

func FuzzDecode(f *testing.F) {
	whole, err := newItem(time.Hour).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	token, err := newToken(23 * time.Hour).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add([]byte("null"))
	f.Add([]byte(`{"expires":"9999-12-31T23:59:59Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, longest := "role/a", MaxLifeAWS
		it := Decode(key, data)
		if other := Decode("workspace/a", data); other != nil {
			if it != nil {
				t.Error("it is of both kinds")
			}
			key, longest, it = "workspace/a", MaxLifeToken, other
		}
		if it == nil {
			return
		}
		if life := it.Expires.Sub(it.IssuedAt); life <= 0 || life > longest {
			t.Errorf("a life of %s", life)
		}
		again, err := it.Encode()
		if err == nil && Decode(key, again) == nil {
			t.Error("what was decoded does not survive being stored")
		}
	})
}
