package jwe

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	jose "github.com/dvsekhvalnov/jose2go"
)

func keyOf(passphrase string) Derive {
	return func(salt []byte, rounds int) ([]byte, error) { return Key(passphrase, salt, rounds) }
}

func TestTheFormIsJOSEs(t *testing.T) {
	t.Parallel()
	ours, err := Seal([]byte("a secret"), []byte("salt"), 1000, keyOf("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	if got, header, err := jose.DecodeBytes(string(ours), "correct horse"); err != nil || string(got) != "a secret" || header["p2c"] != 1000.0 {
		t.Errorf("ours read by the library: %q, %v, %v", got, header, err)
	}
	theirs, err := jose.EncryptBytes([]byte("a secret"), jose.PBES2_HS256_A128KW, jose.A256GCM, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if got, salt, rounds, err := Open([]byte(theirs), keyOf("correct horse")); err != nil || string(got) != "a secret" || len(salt) == 0 || rounds < 1000 {
		t.Errorf("the library's read by us: %q, %x, %d, %v", got, salt, rounds, err)
	}
	if _, _, _, err := Open([]byte(theirs), keyOf("wrong horse")); !errors.Is(err, errClosed) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	for _, other := range []struct{ alg, enc string }{{jose.PBES2_HS512_A256KW, jose.A256GCM}, {jose.PBES2_HS256_A128KW, jose.A128GCM}} {
		sealed, err := jose.EncryptBytes([]byte("a secret"), other.alg, other.enc, "correct horse")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := Open([]byte(sealed), keyOf("correct horse")); !errors.Is(err, errForm) {
			t.Errorf("%v: %v", other, err)
		}
	}
	zipped, err := jose.EncryptBytes([]byte("a secret"), jose.PBES2_HS256_A128KW, jose.A256GCM, "correct horse", jose.Zip(jose.DEF))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := Open([]byte(zipped), keyOf("correct horse")); !errors.Is(err, errForm) {
		t.Errorf("a compressed file: %v", err)
	}
}

// Whatever changed in a file, nothing comes out of it, and no key is derived for more than MaxRounds.
func TestNoChangedFileIsOpened(t *testing.T) {
	t.Parallel()
	derive := keyOf("p")
	whole, err := Seal([]byte("a secret"), []byte("0123456789abcdef"), 1, derive)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		if plain, _, _, err := Open(changed, derive); err == nil {
			t.Errorf("byte %d changed: %q", i, plain)
		}
		if plain, _, _, err := Open(whole[:i], derive); err == nil {
			t.Errorf("cut to %d bytes: %q", i, plain)
		}
	}
	for _, parameters := range []string{
		`"p2s":"AAAA","p2c":1300001`, `"p2s":"AAAA","p2c":1e15`, `"p2s":"AAAA","p2c":0`, `"p2s":"AAAA","p2c":-1`, `"p2s":"AAAA","p2c":"many"`,
		`"p2c":1000`, `"p2s":"!","p2c":1000`, `"p2s":"AAAA"`, `"p2s":"AAAA","p2c":1000,"crit":["x"]`,
	} {
		head := `{"alg":"PBES2-HS256+A128KW","enc":"A256GCM",` + parameters + `}`
		_, rest, _ := strings.Cut(string(whole), ".")
		busy := func([]byte, int) ([]byte, error) { t.Error("a key was derived"); return nil, errClosed }
		if _, _, _, err := Open([]byte(encode([]byte(head))+"."+rest), busy); !errors.Is(err, errForm) {
			t.Errorf("%s: %v", head, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	derive := keyOf("p")
	whole, err := Seal([]byte("a secret"), []byte("salt"), 1, derive)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("...."))
	few := func(salt []byte, rounds int) ([]byte, error) { return Key("p", salt, min(rounds, 2)) }
	f.Fuzz(func(t *testing.T, data []byte) {
		if plain, _, rounds, err := Open(data, few); err == nil && (string(plain) != "a secret" || rounds < 1 || rounds > MaxRounds) {
			t.Errorf("%q opens to %q", data, plain)
		}
	})
}
