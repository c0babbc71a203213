package chain

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// itemKey is the keyring's item with the key and the heads.
const itemKey = "audit/chain"

// Keyring is the part of it that a chain needs.
type Keyring interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Set(ctx context.Context, key string, value []byte, meta store.Meta) error
	Lock(ctx context.Context, name string) (unlock func() error, err error)
}

// item is what the keyring keeps: with the key, so that one who can write the files can't write the head.
type item struct {
	Seed  []byte   `json:"seed"` // of the private key
	Heads []placed `json:"heads,omitempty"`
}

// placed is the head of the record of one directory: several settings directories may share a keyring.
type placed struct {
	Place string `json:"place"`
	audit.Head
}

// maxPlaces bounds the item, as some keyrings do. The head that goes is that of the directory whose chain began longest ago: what is
// recorded there next begins another chain.
const maxPlaces = 8

// placeOf tells a directory from others.
func placeOf(dir string) string {
	if path, err := filepath.Abs(dir); err == nil {
		dir = path
	}
	sum := sha256.Sum256([]byte(dir))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// head is that of a directory's record; nil where there is none.
func (it *item) head(dir string) *audit.Head {
	place := placeOf(dir)
	for _, p := range it.Heads {
		if p.Place == place {
			return &p.Head
		}
	}
	return nil
}

// moveHead notes how far a directory's record has come.
func (it *item) moveHead(dir string, head audit.Head) {
	place := placeOf(dir)
	for i := range it.Heads {
		if it.Heads[i].Place == place {
			it.Heads[i].Head = head
			return
		}
	}
	it.Heads = append(it.Heads, placed{place, head})
	it.Heads = it.Heads[max(0, len(it.Heads)-maxPlaces):]
}

func (it *item) key() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(it.Seed) }

// load returns the item; nil if there is none. A damaged one is an error: a new key in its place would hide that the chain was cut.
func load(ctx context.Context, k Keyring) (*item, error) {
	data, err := k.Get(ctx, itemKey)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if errors.Is(err, store.ErrCorrupt) {
		return nil, damaged(err)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the record's key: %w", err)
	}
	var it item
	if err := json.Unmarshal(data, &it); err != nil || len(it.Seed) != ed25519.SeedSize {
		return nil, damaged(store.ErrCorrupt)
	}
	return &it, nil
}

// damaged is the error of an item that is none any more. A sign-out takes it away, and what is recorded next says that it is gone.
func damaged(err error) error {
	return ui.Errorf("audit-key-damaged", ui.Failed, "the keyring's key of the record is damaged: %w", err).With(ui.Command("dbxaccess logout"))
}

func (it *item) save(ctx context.Context, k Keyring) error {
	data, err := json.Marshal(it)
	if err == nil {
		err = k.Set(ctx, itemKey, data, store.Meta{Keep: true, Label: "dbxaccess record"})
	}
	if err != nil {
		return fmt.Errorf("storing the record's head: %w", err)
	}
	return nil
}

// IsKey reports whether a key in the keyring is that of the record.
func IsKey(key string) bool { return key == itemKey }

// Usable reports whether the keyring's key can be read, and is one.
func Usable(ctx context.Context, k Keyring) bool {
	_, err := load(ctx, k)
	return err == nil
}

// Move takes key and head to another keyring, where there are none yet, and away from the first.
func Move(ctx context.Context, from, to *store.Store) error {
	it, err := load(ctx, from)
	if it == nil || err != nil {
		return err
	}
	there, err := load(ctx, to)
	if err != nil {
		return err
	}
	if there == nil {
		if err := it.save(ctx, to); err != nil {
			return err
		}
	}
	return from.Delete(ctx, itemKey)
}

// Known is what the keyring says of the record.
type Known struct {
	Key  ed25519.PublicKey // nil where there is none yet
	Head *audit.Head       // nil where nothing was written yet
}

// Public returns the public half of the key, and the head of a directory's record.
func Public(ctx context.Context, k Keyring, dir string) (Known, error) {
	it, err := load(ctx, k)
	if it == nil || err != nil {
		return Known{}, err
	}
	public, _ := it.key().Public().(ed25519.PublicKey)
	return Known{Key: public, Head: it.head(dir)}, nil
}

// Text is a public key as it is printed, and stands in the first line of a chain.
func Text(key ed25519.PublicKey) string { return base64.RawURLEncoding.EncodeToString(key) }

// ParseKey reads what Text made.
func ParseKey(text string) (ed25519.PublicKey, error) {
	key, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("it is no public key of a record")
	}
	return key, nil
}
