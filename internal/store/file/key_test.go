package file

import (
	"strings"
	"testing"

	jose "github.com/dvsekhvalnov/jose2go"
)

// The library's own files must stay readable, and ours by it: people move between versions.
func TestFileKeysAreTheLibrarys(t *testing.T) { //nolint:paralleltest // the library keeps one table of algorithms
	const phrase, text = "correct horse", "a secret"
	theirs := jose.NewPbse2HmacAesKWAlg(128, maxRounds, 0)
	for name, c := range map[string]struct{ write, read jose.JwaAlgorithm }{
		"theirs read by us": {theirs, passphraseKey{}},
		"ours read by them": {passphraseKey{}, theirs},
	} {
		jose.RegisterJwa(c.write)
		token, err := jose.Encrypt(text, jose.PBES2_HS256_A128KW, jose.A256GCM, phrase)
		if err != nil {
			t.Fatal(err)
		}
		jose.RegisterJwa(c.read)
		if got, _, err := jose.Decode(token, phrase); err != nil || got != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if _, _, err := jose.Decode(token, "wrong"); err == nil {
			t.Errorf("%s: a wrong passphrase opens it", name)
		}
	}
	jose.RegisterJwa(passphraseKey{})
}

func TestFileKeysOfHostileHeaders(t *testing.T) {
	t.Parallel()
	salt := strings.Repeat("A", 22)
	for name, header := range map[string]map[string]any{
		"nothing":         {},
		"endless rounds":  {"p2s": salt, "p2c": 1e15},
		"no rounds":       {"p2s": salt, "p2c": 0.0},
		"negative rounds": {"p2s": salt, "p2c": -1.0},
		"rounds in words": {"p2s": salt, "p2c": "many"},
		"no salt":         {"p2c": 1000.0},
		"salt no base64":  {"p2s": "!", "p2c": 1000.0},
	} {
		if _, err := (passphraseKey{}).Unwrap(make([]byte, 40), "x", 256, header); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
