// Package jwe seals and opens a file with a passphrase, in the form of the keyring library: a JSON Web Encryption in its compact
// serialization (RFC 7516 section 7.1) by PBES2-HS256+A128KW and A256GCM (RFC 7518 sections 4.8 and 5.3).
//
// In come bytes and a key derived from the passphrase, out come the sealed file, or the bytes, or an error. It must never open a file
// that names another algorithm, asks for more rounds than MaxRounds, or was changed. It is of the packages that a warm answer
// is made of: the library that the form comes from reads any of its twenty algorithms, and is initialised too late.
package jwe

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	keywrap "github.com/dvsekhvalnov/jose2go/aes"
)

const (
	algorithm  = "PBES2-HS256+A128KW"
	encryption = "A256GCM"
	wrapSize   = 16 // bytes of the key that wraps
	keySize    = 32 // bytes of the key that encrypts
	wrapped    = keySize + 8
	nonceSize  = 12
	tagSize    = 16

	// MaxRounds is what the keyring library accepts, so that a file can't keep us busy for hours.
	MaxRounds = 1_300_000
)

// Derive returns the key that wraps, for a salt and a number of rounds from 1 to MaxRounds: see Key.
type Derive func(salt []byte, rounds int) ([]byte, error)

// Key is RFC 7518 section 4.8.1.1.
func Key(passphrase string, salt []byte, rounds int) ([]byte, error) {
	return pbkdf2.Key(sha256.New, passphrase, append([]byte(algorithm+"\x00"), salt...), rounds, wrapSize)
}

var (
	errForm   = errors.New("it is no file that a passphrase seals")
	errClosed = errors.New("the passphrase does not open it, or it was changed")
)

// header is what stands in front of a file, unencrypted.
type header struct {
	Algorithm   string          `json:"alg"`
	Encryption  string          `json:"enc"`
	Rounds      int             `json:"p2c"`
	Salt        string          `json:"p2s"`
	Compression json.RawMessage `json:"zip,omitempty"`
	Critical    json.RawMessage `json:"crit,omitempty"`
}

// Seal encrypts with a new key, which it wraps with the one derived from salt and rounds.
func Seal(plain, salt []byte, rounds int, derive Derive) ([]byte, error) {
	wrapping, err := derive(salt, rounds)
	if err != nil {
		return nil, err
	}
	key, nonce := make([]byte, keySize), make([]byte, nonceSize)
	_, _ = rand.Read(key) // never fails, as the next
	_, _ = rand.Read(nonce)
	kept, err := keywrap.KeyWrap(key, wrapping)
	if err != nil {
		return nil, err
	}
	head, err := json.Marshal(header{Algorithm: algorithm, Encryption: encryption, Rounds: rounds, Salt: encode(salt)})
	if err != nil {
		return nil, err
	}
	gcm, err := sealer(key)
	if err != nil {
		return nil, err
	}
	shown := encode(head)
	sealed := gcm.Seal(nil, nonce, plain, []byte(shown))
	end := len(sealed) - tagSize
	return []byte(strings.Join([]string{shown, encode(kept), encode(nonce), encode(sealed[:end]), encode(sealed[end:])}, ".")), nil
}

// Open returns what was sealed, with the salt and the rounds that its key came from. The file may be hostile.
func Open(sealed []byte, derive Derive) (plain, salt []byte, rounds int, err error) {
	parts := strings.Split(string(sealed), ".")
	if len(parts) != 5 {
		return nil, nil, 0, errForm
	}
	var decoded [5][]byte
	for i, part := range parts {
		if decoded[i], err = encoding.DecodeString(part); err != nil {
			return nil, nil, 0, errForm
		}
	}
	var head header
	if json.Unmarshal(decoded[0], &head) != nil || head.Algorithm != algorithm || head.Encryption != encryption ||
		head.Compression != nil || head.Critical != nil || head.Salt == "" || head.Rounds < 1 || head.Rounds > MaxRounds ||
		len(decoded[1]) != wrapped || len(decoded[2]) != nonceSize || len(decoded[4]) != tagSize {
		return nil, nil, 0, errForm
	}
	if salt, err = encoding.DecodeString(head.Salt); err != nil {
		return nil, nil, 0, errForm
	}
	wrapping, err := derive(salt, head.Rounds)
	if err != nil {
		return nil, nil, 0, err
	}
	key, err := keywrap.KeyUnwrap(decoded[1], wrapping)
	if err != nil {
		return nil, nil, 0, errClosed
	}
	gcm, err := sealer(key)
	if err != nil {
		return nil, nil, 0, err
	}
	if plain, err = gcm.Open(nil, decoded[2], append(decoded[3], decoded[4]...), []byte(parts[0])); err != nil {
		return nil, nil, 0, errClosed
	}
	return plain, salt, head.Rounds, nil
}

func sealer(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// encoding has one text for the same bytes.
var encoding = base64.RawURLEncoding.Strict()

func encode(data []byte) string { return encoding.EncodeToString(data) }
