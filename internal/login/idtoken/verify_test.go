package idtoken_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func clientOf(i *logintest.IDP) *idtoken.Client { return &idtoken.Client{HTTP: i.HTTP(), Now: i.Now} }

func issuerOf(t *testing.T, c *idtoken.Client, name string) *idtoken.Issuer {
	t.Helper()
	issuer, err := c.Issuer(t.Context(), name)
	if err != nil {
		t.Fatalf("the issuer's metadata: %v", err)
	}
	return issuer
}

var expected = idtoken.Expected{Audience: logintest.ClientID, SignIn: "dbxaccess login --identity acme"}

func verify(t *testing.T, i *logintest.IDP, idToken secret.String) (idtoken.Claims, error) {
	t.Helper()
	c := clientOf(i)
	return c.Verify(t.Context(), issuerOf(t, c, logintest.Issuer), idToken, expected)
}

func wantID(t *testing.T, err error, id ui.ID) {
	t.Helper()
	if got := ui.IDOf(err); got != id {
		t.Errorf("got the error %q (%v), want %s", got, err, id)
	}
}

func TestVerifyBelievesAnHonestToken(t *testing.T) {
	t.Parallel()
	for _, alg := range []jose.SignatureAlgorithm{jose.RS256, jose.ES256} {
		i := logintest.NewIDP()
		i.Alg = alg
		claims, err := verify(t, i, i.IDToken(nil))
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		groups, present := claims.Groups("groups")
		ends, _ := claims.Time("exp")
		_, issued := claims.Time("iat")
		if claims.Text("sub") != "alice-1" || claims.Text("email") != "alice@example.com" || len(groups) != 1 || !present ||
			!ends.After(time.Now()) || !issued {
			t.Errorf("%s: got %s", alg, claims)
		}
	}
}

func TestVerifyTellsWhatIsWrongBeforeAnybodyIsAsked(t *testing.T) {
	t.Parallel()
	now := time.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	for name, c := range map[string]struct {
		changes map[string]any
		id      ui.ID
		words   []string
	}{
		"another audience":           {map[string]any{"aud": "other\x1b"}, "id-token-audience", []string{`audience "other"`, `client "cli"`, "client_id"}},
		"other audiences":            {map[string]any{"aud": []string{"a", "b"}}, "id-token-audience", []string{`audience "a b"`}},
		"no audience":                {map[string]any{"aud": nil}, "id-token-audience", []string{`audience ""`}},
		"several, issued to another": {map[string]any{"aud": []string{"cli", "b"}, "azp": "b"}, "id-token-party", []string{`issued to "b"`, `client "cli"`}},
		"several, issued to nobody":  {map[string]any{"aud": []string{"cli", "b"}}, "id-token-party", []string{`issued to ""`}},
		"another issuer":             {map[string]any{"iss": logintest.Issuer + "/"}, "id-token-issuer", []string{`issuer "https://idp.example.com/"`, `not by "https://idp.example.com"`}},
		"a nonce that is no text":    {map[string]any{"nonce": 5}, "id-token-invalid", []string{"is not valid", "nonce"}},
		"no subject":                 {map[string]any{"sub": ""}, "id-token-without-subject", []string{"names no subject"}},
		"no end":                     {map[string]any{"exp": nil}, "id-token-without-end", []string{"does not say when it ends"}},
		"an end that is no time":     {map[string]any{"exp": 1e300}, "id-token-without-end", []string{"does not say when it ends"}},
		"expired":                    {map[string]any{"exp": at(-time.Hour)}, "id-token-out-of-time", []string{"ended at", "1h 0m ago", "check this machine's clock"}},
		"not yet":                    {map[string]any{"nbf": at(time.Hour)}, "id-token-out-of-time", []string{"begins at", "from now"}},
		"from the future":            {map[string]any{"iat": at(time.Hour)}, "id-token-out-of-time", []string{"begins at"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := logintest.NewIDP()
			i.Now = func() time.Time { return now }
			_, err := verify(t, i, i.IDToken(c.changes))
			logintest.WantFault(t, err, ui.Failed, c.words...)
			wantID(t, err, c.id)
		})
	}
}

func TestVerifyAcceptsWhatHonestProvidersSend(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, changes := range map[string]map[string]any{
		"several audiences":          {"aud": []string{"b", "cli"}, "azp": "cli"},
		"one audience, another azp":  {"azp": "android"},
		"an end with a fraction":     {"exp": float64(now.Add(time.Hour).Unix()) + 0.5},
		"a clock four minutes ahead": {"iat": now.Add(4 * time.Minute).Unix(), "nbf": now.Add(4 * time.Minute).Unix()},
		"no time of issue":           {"iat": nil},
	} {
		i := logintest.NewIDP()
		if _, err := verify(t, i, i.IDToken(changes)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyRefusesForgeries(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	honest := i.IDToken(nil).Reveal()
	parts := strings.Split(honest, ".")
	if _, ok := idtoken.Parse(secret.New(honest)); !ok {
		t.Fatal("no payload")
	}
	for name, c := range map[string]struct {
		token string
		id    ui.ID
		words []string
	}{
		"none":                    {"eyJhbGciOiJub25lIn0." + parts[1] + ".", "id-token-algorithm", []string{`signed with "none"`, "RS256, ES256"}},
		"HS256, though listed":    {logintest.Sign(jose.HS256, "k1", []byte("{}")).Reveal(), "id-token-algorithm", []string{`signed with "HS256"`}},
		"PS256":                   {logintest.Sign(jose.PS256, "k1", []byte("{}")).Reveal(), "id-token-algorithm", []string{`signed with "PS256"`}},
		"not the provider's list": {logintest.Sign(jose.RS512, "k1", []byte("{}")).Reveal(), "id-token-algorithm", []string{`signed with "RS512"`}},
		"a changed payload":       {parts[0] + "." + parts[1][:len(parts[1])-4] + "AAAA." + parts[2], "id-token-signature", []string{"none of the keys"}},
		"no signature":            {parts[0] + "." + parts[1] + ".", "id-token-signature", []string{"none of the keys"}},
		"an unknown key":          {logintest.Sign(jose.RS256, "k2\x1b", []byte("{}")).Reveal(), "key-unknown", []string{`key id "k2"`}},
		"no claims":               {logintest.Sign(jose.RS256, "k1", []byte("[]")).Reveal(), "id-token-without-claims", []string{"no claims"}},
		"encrypted":               {"a.b.c.d.e", "id-token-malformed", []string{"not a signed JWT"}},
		"JSON serialization":      {`{"payload":"e30","signatures":[]}`, "id-token-malformed", []string{"not a signed JWT"}},
		"white space":             {parts[0] + "." + parts[1] + "\n." + parts[2], "id-token-malformed", []string{"not a signed JWT"}},
		"nothing":                 {"", "id-token-malformed", []string{"not a signed JWT"}},
		"too long for STS":        {honest + strings.Repeat("A", 20_001-len(honest)), "id-token-size", []string{"20001 characters", "20000"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := verify(t, i, secret.New(c.token))
			logintest.WantFault(t, err, ui.Failed, c.words...)
			wantID(t, err, c.id)
		})
	}
}

func TestALongTokenCostsNoRequest(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	_, err := verify(t, i, secret.New(strings.Repeat("A", 1<<20)))
	logintest.WantFault(t, err, ui.Failed, "1048576 characters")
	if i.Count("/keys") != 0 {
		t.Error("the keys were fetched")
	}
}

func TestKeysAreFetchedAnewAfterARotation(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	c := clientOf(i)
	issuer := issuerOf(t, c, logintest.Issuer)
	for _, kid := range []string{"k1", "k2", ""} {
		i.Kid = kid
		if _, err := c.Verify(t.Context(), issuer, i.IDToken(nil), expected); err != nil {
			t.Errorf("key %q: %v", kid, err)
		}
	}
}

func TestAProviderWithoutKeysIsNoForgery(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]logintest.Reply{
		"a gateway's page": {Status: 502, ContentType: "text/html", Body: "<html>\x1b"},
		"null":             {Status: 200, Body: "null"},
		"no key":           {Status: 200, Body: `{"keys":[]}`},
		"odd keys":         {Status: 200, Body: `{"keys":[5,null,{"kty":"oct","k":"AA","kid":"k1"},{"kty":"RSA","n":"","e":""}]}`},
		"no connection":    {Err: logintest.ErrConnectionLost},
	} {
		i := logintest.NewIDP()
		i.Keys = func() logintest.Reply { return r }
		_, err := verify(t, i, i.IDToken(nil))
		t.Log(name)
		logintest.WantFault(t, err, ui.Failed)
		if strings.Contains(err.Error(), "in between") || strings.Contains(err.Error(), "<html>") {
			t.Errorf("%s: %v", name, err)
		}
	}
	i := logintest.NewIDP()
	c := clientOf(i)
	if _, err := c.Verify(logintest.Canceled(), issuerOf(t, c, logintest.Issuer), i.IDToken(nil), expected); ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("a canceled verification: %v", err)
	}
}

// What else a key set holds costs nobody a key, and a key that can't be read is named: go-oidc 459, zitadel/oidc 541,
// pomerium 5175.
func TestAKeyThatCantBeReadIsNamed(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	var sound struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal([]byte(i.KeyReply("k1").Body), &sound); err != nil {
		t.Fatal(err)
	}
	rsa := sound.Keys[1]
	with := func(changes map[string]any) map[string]any {
		key := maps.Clone(rsa)
		maps.Copy(key, changes)
		return key
	}
	short := map[string]any{"kty": "EC", "crv": "P-256", "kid": "k1", "x": "AA", "y": "AA"}
	for name, c := range map[string]struct {
		keys  []any
		words []string // nil: the token is believed
	}{
		"a certificate that is none": {keys: []any{with(map[string]any{"x5c": []string{""}, "x5t": "AA", "crv": "", "exp": ""})}},
		"one beside it":              {keys: []any{short, with(nil)}},
		"another's":                  {keys: []any{with(map[string]any{"kid": "k2", "n": ""}), with(nil)}},
		"it alone":                   {[]any{short, with(map[string]any{"kid": "k2"})}, []string{`id "k1"`, "can't be read", "wrong length for x"}},
		"one without an id":          {[]any{map[string]any{"kty": "RSA", "n": "\x1b", "e": "AQAB"}}, []string{`id ""`, "can't be read"}},
		"of another kind":            {[]any{map[string]any{"kty": "OKP", "kid": "k1"}}, []string{"publishes no key"}},
	} {
		i.Keys = func() logintest.Reply { return logintest.JSON(200, map[string]any{"keys": c.keys}) }
		_, err := verify(t, i, i.IDToken(nil))
		t.Log(name)
		if c.words != nil {
			logintest.WantFault(t, err, ui.Failed, c.words...)
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestAClockThatIsOffIsNamed(t *testing.T) {
	t.Parallel()
	provider := time.Now().Truncate(time.Second)
	date := func(at time.Time) map[string]string {
		return map[string]string{"Date": at.UTC().Format(http.TimeFormat)}
	}
	for name, c := range map[string]struct {
		ours    time.Time
		header  map[string]string
		changes map[string]any
		words   []string
	}{
		"ours is ahead":     {provider.Add(70 * time.Minute), date(provider), nil, []string{"which is 1h 10m ahead", "ahead of the provider's", "set this machine's clock"}},
		"ours is behind":    {provider.Add(-10 * time.Minute), date(provider), nil, []string{"which is 10m behind", "behind the provider's", "set this machine's clock"}},
		"it is the token":   {provider, date(provider.Add(time.Second)), map[string]any{"exp": provider.Add(-time.Minute).Unix()}, []string{"1m ago by", "agrees with the provider's", "have the provider issue"}},
		"no clock but ours": {provider, nil, map[string]any{"exp": 3600}, []string{"check this machine's clock"}},
		"1970":              {provider, date(provider.Add(time.Second)), map[string]any{"exp": 3600}, []string{"1970-01-01", "have the provider issue"}},
		"an old date out of a cache": {provider.Add(70 * time.Minute), map[string]string{"Date": date(provider)["Date"], "Age": "4200"}, nil,
			[]string{"check this machine's clock"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := logintest.NewIDP()
			i.Now = func() time.Time { return provider }
			i.Keys = func() logintest.Reply {
				r := i.KeyReply("k1")
				r.Header = c.header
				return r
			}
			client := clientOf(i)
			client.Now = func() time.Time { return c.ours }
			_, err := client.Verify(t.Context(), issuerOf(t, client, logintest.Issuer), i.IDToken(c.changes), expected)
			logintest.WantFault(t, err, ui.Failed, c.words...)
		})
	}
}

func TestGooglesTwoNamesOfItself(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	i.Metadata = map[string]any{"issuer": "https://accounts.google.com"}
	c := clientOf(i)
	issuer := issuerOf(t, c, "https://accounts.google.com")
	for _, iss := range []string{"https://accounts.google.com", "accounts.google.com"} {
		if _, err := c.Verify(t.Context(), issuer, i.IDToken(map[string]any{"iss": iss}), expected); err != nil {
			t.Errorf("%s: %v", iss, err)
		}
	}
}

func TestTheMarksOfTooManyGroupsGetPastTheVerifier(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	claims, err := verify(t, i, i.IDToken(map[string]any{
		"groups": nil, "_claim_names": map[string]any{"groups": "src1"},
		"_claim_sources": map[string]any{"src1": map[string]any{"endpoint": "https://graph.windows.net/x"}},
	}))
	if _, present := claims.Groups("groups"); err != nil || present || !claims.LeftOut("groups") {
		t.Errorf("got %s, %v", claims, err)
	}
}
