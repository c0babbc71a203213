package file

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"sync"

	jose "github.com/dvsekhvalnov/jose2go"
	"github.com/dvsekhvalnov/jose2go/aes"
)

const (
	// rounds is what the library writes; maxRounds, what it accepts, so that a file can't keep us busy for hours.
	rounds, maxRounds = 8_192, 1_300_000
	wrapKeySize       = 16 // bytes: A128KW
)

// useFastKeys replaces the library's key derivation for encrypted files by that of the standard library, which gives
// the same key in two thirds of the time: deriving it is most of what reading an item costs. The format of the files
// stays.
func useFastKeys() { fastKeys.Do(func() { jose.RegisterJwa(passphraseKey{}) }) }

var fastKeys sync.Once

// passphraseKey wraps the key of a file with one derived from a passphrase: PBES2-HS256+A128KW (RFC 7518 §4.8).
type passphraseKey struct{}

func (passphraseKey) Name() string { return jose.PBES2_HS256_A128KW }

var errFileKey = errors.New("the header of the encrypted file makes no sense")

// WrapNewKey makes a key for a new file and returns it plain and wrapped; the salt and the rounds go into the header.
func (k passphraseKey) WrapNewKey(bits int, passphrase any, header map[string]any) (key, wrapped []byte, err error) {
	phrase, ok := passphrase.(string)
	if !ok {
		return nil, nil, errFileKey
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	header["p2s"], header["p2c"] = base64.RawURLEncoding.EncodeToString(salt), rounds
	wrapping, err := k.derive(phrase, salt, rounds)
	if err != nil {
		return nil, nil, err
	}
	key = make([]byte, bits/8)
	_, _ = rand.Read(key)
	wrapped, err = aes.KeyWrap(key, wrapping)
	return key, wrapped, err
}

// Unwrap returns the key of a file. The header is input that may be hostile.
func (k passphraseKey) Unwrap(wrapped []byte, passphrase any, _ int, header map[string]any) ([]byte, error) {
	phrase, isText := passphrase.(string)
	encoded, hasSalt := header["p2s"].(string)
	count, hasCount := header["p2c"].(float64)
	salt, err := base64.RawURLEncoding.DecodeString(encoded)
	if !isText || !hasSalt || !hasCount || err != nil || !(count >= 1 && count <= maxRounds) {
		return nil, errFileKey
	}
	wrapping, err := k.derive(phrase, salt, int(count))
	if err != nil {
		return nil, err
	}
	return aes.KeyUnwrap(wrapped, wrapping)
}

func (k passphraseKey) derive(passphrase string, salt []byte, count int) ([]byte, error) {
	salt = append(append([]byte(k.Name()), 0), salt...) // RFC 7518 §4.8.1.1
	return pbkdf2.Key(sha256.New, passphrase, salt, count, wrapKeySize)
}
