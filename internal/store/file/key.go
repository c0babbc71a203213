package file

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/99designs/keyring"
	jose "github.com/dvsekhvalnov/jose2go"
	"github.com/dvsekhvalnov/jose2go/aes"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

const (
	// rounds is what the keyring library writes. It is enough for a passphrase that a program gives, which is long and
	// random, and that helpers pay for on each start.
	rounds = 8_192
	// typedRounds is for a passphrase that a person remembers: what OWASP advises for PBKDF2-HMAC-SHA256
	// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#pbkdf2). Only commands that
	// may ask pay for it.
	typedRounds = 600_000
	// maxRounds is what the library accepts, so that a file can't keep us busy for hours.
	maxRounds   = 1_300_000
	wrapKeySize = 16 // bytes: A128KW
)

// wrapper seals and opens files with a passphrase. They are in the form of the keyring library: a JSON Web Encryption of
// an item. What was derived from the passphrase is remembered, and new files have the salt of one that was opened, so
// that a process derives once, however many items it reads; the key that encrypts is each file's own.
type wrapper struct {
	passphrase secret.String
	rounds     int

	mu      sync.Mutex
	salt    []byte            // of new files
	derived map[string][]byte // by salt and rounds
}

func newWrapper(passphrase secret.String, typed bool) *wrapper {
	w := &wrapper{passphrase: passphrase, rounds: rounds, salt: make([]byte, 16), derived: map[string][]byte{}}
	_, _ = rand.Read(w.salt) // never fails
	if typed {
		w.rounds = typedRounds
	}
	return w
}

func (w *wrapper) seal(it keyring.Item) ([]byte, error) {
	useWrappers()
	data, err := json.Marshal(it)
	if err != nil {
		return nil, err
	}
	sealed, err := jose.EncryptBytes(data, jose.PBES2_HS256_A128KW, jose.A256GCM, w)
	return []byte(sealed), err
}

func (w *wrapper) open(sealed []byte) ([]byte, error) {
	useWrappers()
	data, _, err := jose.DecodeBytes(string(sealed), w)
	if err != nil {
		return nil, err
	}
	var it keyring.Item
	err = json.Unmarshal(data, &it)
	return it.Data, err
}

// derive is RFC 7518 §4.8.1.1, by the standard library: jose's own takes half as long again.
func (w *wrapper) derive(salt []byte, count int) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	which := fmt.Sprint(count, " ", string(salt))
	if key, ok := w.derived[which]; ok {
		return key, nil
	}
	key, err := pbkdf2.Key(sha256.New, w.passphrase.Reveal(), append([]byte(jose.PBES2_HS256_A128KW+"\x00"), salt...), count, wrapKeySize)
	if err == nil {
		w.derived[which] = key
	}
	return key, err
}

// useWrappers has jose take a *wrapper as the key of PBES2-HS256+A128KW. It takes it for nothing else: a file that names
// another algorithm is not opened.
func useWrappers() { wrappers.Do(func() { jose.RegisterJwa(passphraseKey{}) }) }

var wrappers sync.Once

// passphraseKey wraps the key of a file with one derived from a passphrase: PBES2-HS256+A128KW (RFC 7518 §4.8).
type passphraseKey struct{}

func (passphraseKey) Name() string { return jose.PBES2_HS256_A128KW }

var errFileKey = errors.New("the header of the encrypted file makes no sense")

// WrapNewKey makes a key for a new file and returns it plain and wrapped; the salt and the rounds go into the header.
func (passphraseKey) WrapNewKey(bits int, by any, header map[string]any) (key, wrapped []byte, err error) {
	w, ok := by.(*wrapper)
	if !ok {
		return nil, nil, errFileKey
	}
	w.mu.Lock()
	salt := w.salt
	w.mu.Unlock()
	header["p2s"], header["p2c"] = base64.RawURLEncoding.EncodeToString(salt), w.rounds
	wrapping, err := w.derive(salt, w.rounds)
	if err != nil {
		return nil, nil, err
	}
	key = make([]byte, bits/8)
	_, _ = rand.Read(key)
	wrapped, err = aes.KeyWrap(key, wrapping)
	return key, wrapped, err
}

// Unwrap returns the key of a file. The header is input that may be hostile.
func (passphraseKey) Unwrap(wrapped []byte, by any, _ int, header map[string]any) ([]byte, error) {
	w, ok := by.(*wrapper)
	encoded, hasSalt := header["p2s"].(string)
	count, hasCount := header["p2c"].(float64)
	salt, err := base64.RawURLEncoding.DecodeString(encoded)
	if !ok || !hasSalt || !hasCount || err != nil || !(count >= 1 && count <= maxRounds) {
		return nil, errFileKey
	}
	wrapping, err := w.derive(salt, int(count))
	if err != nil {
		return nil, err
	}
	key, err := aes.KeyUnwrap(wrapped, wrapping)
	if err == nil && int(count) == w.rounds {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.salt = salt
	}
	return key, err
}
