package source

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What minisign 0.11 made of "version: 1\n": minisign -G -W; minisign -S -W -m map.yaml -t "access map 12"; and with -l.
const (
	minisignKey       = "RWSga64/A/XeKU6GmK1OO3VvxY2SnFhtCfqYfxzvCau/KBv6lQ8EUR3/"
	minisignPrehashed = `untrusted comment: signature from minisign secret key
RUSga64/A/XeKb0XFCVXp208FXYBFJWCw2Dhh673w3+8HX3tF0WlGEaGmJfs48q501Wl7fLivcgS/WPPY1UZCZmIIBgdKtzWhAI=
trusted comment: access map 12
fs5axGyC181uLL/916rt9EPyD1LLt/J5J+/TRUEv5dsSoKgpsPt62H7TSUSmhQr0s2RijlgHpOgX3yuH9TkIAA==
`
	minisignLegacy = `untrusted comment: signature from minisign secret key
RWSga64/A/XeKZZ1OoXrX5C/8aWjDjwdKlHm5tBU9Tfj6CE6em2+YEd8CGEgN6IvvSQouKnVdS+Lkfpp1X1bHa5q1tv8m9jsyAM=
trusted comment: timestamp:1795920172	file:map.yaml
zHsfrEnhw+RNvpYZRASo+gU4YN9l3nfC0ovGvfQBkg7hL6NaCHKjS6HZeFbXNJ0BcC7/GJZSydhZC6XYHpgUDA==
`
)

// author makes a key and signs with it.
func author(t *testing.T) (key string, sign func(data, comment string) string) {
	t.Helper()
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public.String(), func(data, comment string) string {
		r := minisign.NewReader(strings.NewReader(data))
		_, _ = io.Copy(io.Discard, r)
		return string(r.SignWithComments(private, comment, "x"))
	}
}

// signedServer serves a map at /m%2Fap.yaml?ref=main, and what lies beside it. A status other than 0 is the signature's.
func signedServer(t *testing.T, text, signature *string, status *int) (from string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		switch r.RequestURI {
		case "/m%2Fap.yaml?ref=main":
			_, _ = io.WriteString(w, *text)
		case "/m%2Fap.yaml.minisig?ref=main":
			if *status == http.StatusFound {
				w.Header().Set("Location", "/m%2Fap.yaml")
			}
			if *status != 0 {
				w.WriteHeader(*status)
			}
			_, _ = io.WriteString(w, *signature)
		default:
			t.Errorf("asked for %s", r.RequestURI)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/m%2Fap.yaml?ref=main"
}

func TestWhatMinisignSigns(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "map.yaml")
	for signature, comment := range map[string]string{
		minisignPrehashed: "access map 12", minisignLegacy: "timestamp:1795920172 file:map.yaml",
		strings.ReplaceAll(minisignPrehashed, "\n", "\r\n"): "access map 12",
	} {
		if err := os.WriteFile(path+".minisig", []byte(signature), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("version: 1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		content, origin, err := Fetch(t.Context(), toolsOf(nil), Wanted{From: path, SignedBy: minisignKey}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := verify(t.Context(), content, origin); err != nil || got != comment {
			t.Errorf("got %q, %v", got, err)
		}
	}
	signed := Origin{SignedBy: minisignKey, Comment: "a \x1b[2Jb"}
	if got, want := signed.Signer(), `key 29DEF5033FAE6BA0 with the comment "a [2Jb"`; got != want {
		t.Errorf("got %s", got)
	}
}

// A map is not parsed, let alone offered, unless what lies beside it is its signature by that very key.
func TestWhatTheKeyHasNotSigned(t *testing.T) {
	t.Parallel()
	key, sign := author(t)
	_, signOther := author(t)
	text, signature, status := string(acme(t)), "", 0
	from, client := signedServer(t, &text, &signature, &status), newClient(t)
	good := sign(text, "v1")
	lines := strings.Split(good, "\n")
	var ours, sameID minisign.Signature
	if err := errors.Join(ours.UnmarshalText([]byte(good)), sameID.UnmarshalText([]byte(signOther(text, "v1")))); err != nil {
		t.Fatal(err)
	}
	sameID.KeyID = ours.KeyID
	const wrong, missing = ui.ID("map-signature-wrong"), ui.ID("map-signature-missing")
	for name, c := range map[string]struct {
		text, signature string
		status          int
		id              ui.ID // "" for a good one
	}{
		"good":                     {text, good, 0, ""},
		"changed map":              {text + " ", good, 0, wrong},
		"no map, and not parsed":   {"version: 3\n", good, 0, wrong},
		"changed comment":          {text, strings.Replace(good, "v1", "v2", 1), 0, wrong},
		"signature of another map": {text, sign("version: 1\n", "v1"), 0, wrong},
		"comment of another":       {text, strings.Join(append(lines[:2:2], strings.Split(sign("x", "v9"), "\n")[2:]...), "\n"), 0, wrong},
		"other key":                {text, signOther(text, "v1"), 0, "map-signature-other-key"},
		// Anybody may write the id of a key into a signature, and make a key that has it.
		"other key, same id": {text, sameID.String(), 0, wrong},
		"truncated":          {text, good[:len(good)-20], 0, wrong},
		"one line":           {text, lines[1], 0, wrong},
		"empty":              {text, "", 0, wrong},
		"huge":               {text, sign(text, strings.Repeat("v", place.MaxSignature)), 0, wrong},
		"unknown algorithm":  {text, strings.Replace(good, lines[1][:4], "RUVg", 1), 0, wrong},
		"not there":          {text, "", http.StatusNotFound, missing},
		"not to be listed":   {text, "", http.StatusForbidden, missing},
		"outage":             {text, good, http.StatusBadGateway, "service-down"},
		"elsewhere":          {text, good, http.StatusFound, "redirect-refused"},
		"page":               {text, "<!DOCTYPE html><html>", 0, "web-page-came"},
		"partial":            {text, good, http.StatusPartialContent, "another-server"},
	} {
		text, signature, status = c.text, c.signature, c.status
		offer, err := Look(t.Context(), toolsOf(client), Wanted{From: from, SignedBy: key}, nil)
		if c.id == "" {
			if err != nil || offer.Origin.SignedBy != key || offer.Origin.Comment != "v1" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if offer != nil || ui.IDOf(err) != c.id || ui.HintOf(err) == "" || ui.CodeOf(err) != ui.Failed {
			t.Errorf("%s: %s, %v, hint %q", name, ui.IDOf(err), err, ui.HintOf(err))
		}
		if shown := err.Error() + ui.HintOf(err); strings.Contains(shown, "ref=main") {
			t.Errorf("%s: shows the query: %s", name, shown)
		}
		if refused := strings.HasPrefix(string(c.id), "map-signature-"); errors.Is(err, ErrSignature) != refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Without a key nobody asks for the signature.
	text, status = string(acme(t)), http.StatusBadGateway
	if offer, err := Look(t.Context(), toolsOf(client), Wanted{From: from}, nil); err != nil || offer.Origin.SignedBy != "" {
		t.Errorf("without a key: %v", err)
	}
}

func TestSignaturesOfFiles(t *testing.T) {
	t.Parallel()
	key, sign := author(t)
	path := filepath.Join(t.TempDir(), "map.yaml")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	look := func() ui.ID {
		_, err := Look(t.Context(), toolsOf(nil), Wanted{From: path, SignedBy: key}, nil)
		return ui.IDOf(err)
	}
	text := string(acme(t))
	write(path, text)
	if id := look(); id != "map-signature-missing" {
		t.Errorf("none: %s", id)
	}
	write(path+".minisig", sign(text, "v1"))
	if id := look(); id != "" {
		t.Errorf("good: %s", id)
	}
	write(path+".minisig", strings.Repeat("x", place.MaxSignature+1))
	if id := look(); id != "map-signature-wrong" {
		t.Errorf("huge: %s", id)
	}
	if err := errors.Join(os.Remove(path+".minisig"), os.Mkdir(path+".minisig", 0o700)); err != nil {
		t.Fatal(err)
	}
	if id := look(); id != "map-signature-unreadable" {
		t.Errorf("a directory: %s", id)
	}
}

// The copy is taken as verified only if it was by the same key. Who decides what a map says is a change like others.
func TestAnotherKeyIsAChange(t *testing.T) {
	t.Parallel()
	key, sign := author(t)
	next, signNext := author(t)
	text, signature, status, dir := string(acme(t)), "", 0, t.TempDir()
	from, client := signedServer(t, &text, &signature, &status), newClient(t)
	for _, c := range []struct {
		name, key, signature string
		same, asks           bool
		effect               accessmap.Effect
	}{
		{"first", "", "", false, true, ""},
		{"named later", key, sign(text, "v1"), false, false, accessmap.Narrows},
		{"the same", key, "", true, false, ""},
		{"another", next, signNext(text, "v1"), false, true, accessmap.Widens},
		{"none any more", "", "", false, true, accessmap.Widens},
	} {
		signature = c.signature
		agreed, _ := LoadCopy(dir)
		offer, err := Look(t.Context(), toolsOf(client), Wanted{From: from, SignedBy: c.key}, agreed)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		effect := accessmap.Effect("")
		if len(offer.Changes) > 0 && offer.Changes[0].Topic == accessmap.AboutAuthor {
			effect = offer.Changes[0].Effect
		}
		if offer.Same != c.same || offer.Asks() != c.asks || effect != c.effect {
			t.Errorf("%s: %v, %v, %s", c.name, offer.Same, offer.Asks(), effect)
		}
		if err := offer.Keep(dir, time.Now()); err != nil {
			t.Fatal(err)
		}
		if o, err := LoadOrigin(dir); err != nil || o.SignedBy != c.key || (o.Comment != "") != (c.key != "") {
			t.Errorf("%s: kept %+v, %v", c.name, o, err)
		}
	}
}

// A copy is renewed beside a command only by what its key has signed.
func TestRenewAsksForTheSignature(t *testing.T) {
	t.Parallel()
	key, sign := author(t)
	text, status, dir := string(acme(t)), 0, t.TempDir()
	signature := sign(text, "v1")
	from, client := signedServer(t, &text, &signature, &status), newClient(t)
	first, err := Look(t.Context(), toolsOf(client), Wanted{From: from, SignedBy: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Keep(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	narrower := strings.Replace(text, "[ml-trainer, ml-curator]", "[ml-curator]", 1)
	text = narrower
	if offer := Renew(t.Context(), toolsOf(client), dir, time.Now()); offer != nil {
		t.Error("taken without its signature")
	}
	agreed, err := LoadCopy(dir)
	if err != nil || agreed.Origin.SHA256 != first.Origin.SHA256 || !strings.Contains(agreed.Age.Problem, "does not fit") {
		t.Errorf("%v, %q", err, agreed.Age.Problem)
	}
	signature = sign(narrower, "v2")
	if offer := Renew(t.Context(), toolsOf(client), dir, time.Now()); offer == nil || offer.Origin.Comment != "v2" {
		t.Error("not taken with its signature")
	}
	if o, err := LoadOrigin(dir); err != nil || o.SignedBy != key || o.Comment != "v2" {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	if got, err := Key(minisignKey); err != nil || got != minisignKey {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{
		"", "RW", minisignKey[1:], minisignKey + "A", "RU" + minisignKey[2:], strings.Repeat("A", 56), minisignKey[:55] + "\n",
		"untrusted comment: minisign public key\n" + minisignKey, "\x1b[2J" + minisignKey[4:], strings.Repeat(minisignKey, 1000),
	} {
		if _, err := Key(text); ui.IDOf(err) != "map-key-invalid" || ui.CodeOf(err) != ui.Usage || len(err.Error()) > 200 || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%.80q: %v", text, err)
		}
	}
	// A key that was spoilt where it is kept makes no map unsigned.
	if _, err := Look(t.Context(), toolsOf(nil), Wanted{From: "../testdata/acme.yaml", SignedBy: "RWspoilt"}, nil); ui.IDOf(err) != "map-key-invalid" {
		t.Errorf("got %v", err)
	}
}
