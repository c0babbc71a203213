package doctorcmd

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/doctor"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// drawn is a text of random letters and digits.
func drawn(r *rand.Rand, n int, letters string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// canaries are secrets of each kind, as they stand in texts: what must go, and the text around it.
func canaries(r *rand.Rand) map[string][2]string {
	const hexadecimal, letters = "0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	word := "pw" + drawn(r, 12, letters)
	part := func() string { return base64.RawURLEncoding.EncodeToString([]byte(drawn(r, 30, letters))) }
	jwt := "eyJhbGciOiJSUzI1NiJ9." + part() + "." + part()
	long := "aA1" + drawn(r, 40, letters)
	return map[string][2]string{
		"web token":        {jwt, "the token " + jwt + " was refused"},
		"Databricks token": {"da" + "pi" + drawn(r, 32, hexadecimal), "%s"},
		"GitHub token":     {"ghp_" + drawn(r, 36, letters), "as %s says"},
		"refresh token":    {long, "refresh %s ended"},
		"AWS secret":       {"aB1/" + drawn(r, 36, letters+"+/"), "the key is %s here"},
		"password":         {word, "password=%s"},
		"quoted password":  {word, `"password": "%s"`},
		"passphrase":       {word, "passphrase: %s"},
		"proxy":            {word, "http://user:%s@proxy.example.com:3128"},
		"odd password":     {word, "http://user:p@x/y#%s@proxy.example.com:3128"},
		"query":            {word, "https://maps.example.com/map.yaml?sig=%s&x=1"},
		"bearer":           {word, "Authorization: Bearer %s"},
		"of a variable":    {"pw" + drawn(r, 12, letters), "the server repeats %s"},
		"private key":      {drawn(r, 20, letters), "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----"},
		"e-mail address":   {drawn(r, 8, hexadecimal) + "@example.com", "signed in as %s"},
		"home":             {"/home/" + drawn(r, 8, hexadecimal), "%s/.aws/config"},
	}
}

// Whatever text of a bundle repeats a secret, none is in what is written.
func TestNoSecretIsInABundle(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		all := canaries(r)
		// All but those of a variable and of the home are known by their form alone.
		s := newScrubber([]string{"SOME_TOKEN=" + all["of a variable"][0], "PATH=/usr/bin", "PASSWORD_FILE=/etc/x"}, all["home"][0], false, secret.New("the passphrase"))
		b := &bundle{Profiles: map[string][]string{}, Made: time.Unix(0, 0).UTC()}
		for _, kind := range slices.Sorted(maps.Keys(all)) { // in every place that takes any number of texts
			text := strings.ReplaceAll(all[kind][1], "%s", all[kind][0])
			b.Settings.Values = append(b.Settings.Values, bundleSetting{Key: "x", Value: text})
			b.Profiles[text] = []string{text}
			b.Environment = append(b.Environment, text)
			b.Doctor.Findings = append(b.Doctor.Findings, doctor.Finding{What: text, Why: text, Subject: text})
		}
		for kind, c := range all { // and, one after the other, in those that take one
			text := strings.ReplaceAll(c[1], "%s", c[0])
			b.Settings.Error, b.Map.From, b.Map.File, b.LastRefusal = text, text, text, &cli.LastRefusal{Text: text}
			written, err := b.text(s)
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(written) {
				t.Fatalf("seed %d, %s: no JSON:\n%s", seed, kind, written)
			}
			for kind, c := range all {
				if strings.Contains(string(written), c[0]) {
					t.Fatalf("seed %d: a secret of the kind %s is in\n%s", seed, kind, written)
				}
			}
			if seed%10 != 0 {
				break // which of them it is differs each time
			}
		}
	}
}

// What a variable's address holds goes in whatever words repeat it, without the address.
func TestNoPasswordOfAnAddressIsInABundle(t *testing.T) {
	t.Parallel()
	s := newScrubber([]string{"HTTPS_PROXY=http://user:p@ss/w0rd-x@proxy.example.com:3128", "DATABASE_URL=postgres://app:hunter2hunter@db/x"}, "", false)
	if got := s.json(`"it refused p@ss/w0rd-x, and p%40ss%2Fw0rd-x of user:p@ss/w0rd-x", "hunter2hunter"`); strings.Contains(got, "w0rd") || strings.Contains(got, "hunter2") {
		t.Error(got)
	}
}

// What support reads stays.
func TestWordsStayInABundle(t *testing.T) {
	t.Parallel()
	s := newScrubber([]string{"AWS_PROFILE=dbx-ml-trainer", "DBXACCESS_KEYRING_BACKEND=keychain-file", "AUTH_SOCK=/run/user/1000/sock"}, "/home/alice", false)
	for _, text := range []string{
		"arn:aws:iam::111122223333:role/ml-trainer", "https://dbc-1234abcd-5678.cloud.databricks.com", "dbx-ml-trainer, keychain-file, /run/user/1000/sock",
		"c24784992535d551858347c1e2ff5ba82ff4229947795b738496b480a512cfaf", "2026-11-30T16:37:15.123456Z",
		"not authorized to perform sts:AssumeRoleWithWebIdentity", "dbxaccess doctor --all-roles", "DBXACCESS_KEYRING_PASSPHRASE",
		"arn:aws:iam::111122223333:role/AWSReservedSSO_MLAdmin_0123456789abcdef",
		"5.15.167.4-microsoft-standard-WSL2", "6.8.0-1017-aws", "sha256:c24784992535d551858347c1e2ff5ba82ff4229947795b738496b480a512cfaf",
	} {
		quoted := fmt.Sprintf("%q", text)
		if got := s.json(quoted); got != quoted {
			t.Errorf("%s became %s", quoted, got)
		}
	}
	if got := s.json(`["/home/alice/.aws", "Ada@x.org ada@x.org bob@x.org"]`); got != `["~/.aws", "[e-mail 1] [e-mail 1] [e-mail 2]"]` {
		t.Error(got)
	}
	if got := newScrubber(nil, "", true).json(`"ada@x.org"`); got != `"ada@x.org"` {
		t.Error(got)
	}
}
