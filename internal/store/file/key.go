package file

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store/format"
	"github.com/dbxaccess/dbxaccess/internal/store/jwe"
)

const (
	// rounds is what the keyring library writes. It is enough for a passphrase that a program gives, which is long and
	// random, and that helpers pay for on each start.
	rounds = 8_192
	// typedRounds is for a passphrase that a person remembers: what OWASP advises for PBKDF2-HMAC-SHA256
	// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#pbkdf2). Only commands that
	// may ask pay for it.
	typedRounds = 600_000
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
	data, err := json.Marshal(it)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	salt := w.salt
	w.mu.Unlock()
	return jwe.Seal(data, salt, w.rounds, w.derive)
}

func (w *wrapper) open(sealed []byte) ([]byte, error) {
	data, salt, count, err := jwe.Open(sealed, w.derive)
	if err != nil {
		return nil, err
	}
	if count == w.rounds {
		w.mu.Lock()
		w.salt = salt
		w.mu.Unlock()
	}
	return format.DataOf(data)
}

// derive remembers what it derived.
func (w *wrapper) derive(salt []byte, count int) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	which := fmt.Sprint(count, " ", string(salt))
	if key, ok := w.derived[which]; ok {
		return key, nil
	}
	key, err := jwe.Key(w.passphrase.Reveal(), salt, count)
	if err == nil {
		w.derived[which] = key
	}
	return key, err
}
