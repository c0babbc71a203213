// Package format is how the keyring holds a value: a head with its end, its length and a digest, and the payload behind it or in
// parts.
//
// In come a name and a value, out come the bytes that are stored under it, and back. It must never take a damaged, shortened or
// copied item for a whole one. It is of the packages that a warm answer is made of, and knows no keyring.
package format

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A stored item, format 2. Integers are big-endian.
//
//	 0  magic "dbxa"
//	 4  format, 1 byte: 2
//	 5  flags, 1 byte: 1 = keep
//	 6  parts, 2 bytes: 0 = the payload follows the digest
//	 8  expiry, 8 bytes: Unix milliseconds, 0 = none
//	16  stored, 8 bytes: Unix milliseconds
//	24  generation, 8 bytes: random, names the parts
//	32  payload's length, 4 bytes
//	36  SHA-256 of all before it, of the name under which it is stored, of a zero byte, and of the payload
//	68  payload, unless it is in parts
//
// So an item that was copied to another name is damaged there. Format 1, of earlier builds, left the name out. Of that
// only what is kept is read, as a lost session would cost a sign-in, and whose it is stands inside; all else is made
// again.
const (
	magic    = "dbxa"
	format   = 2
	unbound  = 1 // the format without the name
	flagKeep = 1
	digestAt = 36
	// HeaderSize is the length of a head, in bytes.
	HeaderSize = digestAt + sha256.Size

	// MaxValue bounds a value in bytes. The largest honest one, a session with its tokens, is a few dozen KB.
	MaxValue = 1 << 20
)

// ErrCorrupt is the error of what is no whole item.
var ErrCorrupt = errors.New("the stored item is damaged")

// Corrupt is ErrCorrupt with what is wrong.
func Corrupt(what string) error { return fmt.Errorf("%w: %s", ErrCorrupt, what) }

// Prefix is of the names of a service's items, "<service>:v1:<key>". Another version of the format gets another one, so that older
// and newer builds leave each other's items alone.
func Prefix(service string) string { return service + ":v1:" }

// MaxFile bounds an encrypted file, in bytes: base64 twice over the largest item, and some.
const MaxFile = 4 << 20

// FileName is the name of an item's file, where a keyring keeps files: ":" would name a stream on Windows, and "/" a folder. Neither
// "+" nor "," is in a service's name or a key.
func FileName(item string) string { return strings.NewReplacer(":", "+", "/", ",").Replace(item) }

// DataOf is what the keyring library has wrapped in JSON, as it does in files and at the Secret Service.
func DataOf(wrapped []byte) ([]byte, error) {
	var it struct{ Data []byte }
	err := json.Unmarshal(wrapped, &it)
	return it.Data, err
}

// Item is what is stored under one key: a head and, if it has parts, the payload in other items.
type Item struct {
	Name       string    // the backend's, of the head
	Expires    time.Time // see store.Meta, as for Keep
	Keep       bool
	Stored     time.Time
	Generation uint64
	Parts      int
	Payload    []byte // nil while it is still in parts
	head       []byte // encoded, without the payload
}

// Encode makes the head and returns what is stored under the key: the head, and the payload unless it is in parts.
func (it *Item) Encode() []byte {
	flags := byte(0)
	if it.Keep {
		flags = flagKeep
	}
	b := append(make([]byte, 0, HeaderSize+len(it.Payload)), magic...)
	b = append(b, format, flags)
	b = binary.BigEndian.AppendUint16(b, uint16(it.Parts)) //nolint:gosec // 1 MiB in parts of 2,000 bytes: a few hundred
	b = binary.BigEndian.AppendUint64(b, milliseconds(it.Expires))
	b = binary.BigEndian.AppendUint64(b, milliseconds(it.Stored))
	b = binary.BigEndian.AppendUint64(b, it.Generation)
	b = binary.BigEndian.AppendUint32(b, uint32(len(it.Payload))) //nolint:gosec // at most 1 MiB
	sum := it.digest(b, it.Payload)
	b = append(b, sum[:]...)
	it.head = b
	if it.Parts > 0 {
		return it.head
	}
	return append(it.head, it.Payload...)
}

// Decode reads what is stored under a name and verifies it; that of a head with parts is left to Join. All else is
// ErrCorrupt.
func Decode(name string, data []byte) (*Item, error) {
	if len(data) < HeaderSize || string(data[:len(magic)]) != magic {
		return nil, Corrupt("not an item of this program")
	}
	if data[4] != format && (data[4] != unbound || data[5]&flagKeep == 0) {
		return nil, Corrupt(fmt.Sprintf("its format is %d, not %d", data[4], format))
	}
	it := &Item{
		Name:       name,
		Keep:       data[5]&flagKeep != 0,
		Parts:      int(binary.BigEndian.Uint16(data[6:])),
		Expires:    fromMilliseconds(binary.BigEndian.Uint64(data[8:])),
		Stored:     fromMilliseconds(binary.BigEndian.Uint64(data[16:])),
		Generation: binary.BigEndian.Uint64(data[24:]),
		head:       data[:HeaderSize:HeaderSize],
	}
	payload := data[HeaderSize:]
	if it.Parts == 0 {
		return it, it.Join(payload)
	}
	if len(payload) > 0 || it.Parts > it.Size() || it.Size() > MaxValue {
		return nil, Corrupt("its lengths don't agree")
	}
	return it, nil
}

// Size is the payload's length in bytes, as the head says.
func (it *Item) Size() int { return int(binary.BigEndian.Uint32(it.head[32:])) }

// Join sets the payload after verifying its length and digest.
func (it *Item) Join(payload []byte) error {
	sum := it.digest(it.head[:digestAt], payload)
	if len(payload) != it.Size() || !bytes.Equal(sum[:], it.head[digestAt:]) {
		return Corrupt("its digest differs")
	}
	it.Payload = payload
	return nil
}

func (it *Item) digest(head, payload []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(head)
	if head[4] != unbound {
		h.Write(append([]byte(it.Name), 0))
	}
	h.Write(payload)
	h.Sum(sum[:0])
	return sum
}

// milliseconds is 0 for the zero time.
func milliseconds(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixMilli())
}

func fromMilliseconds(ms uint64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC() //nolint:gosec // absurd ones are tolerated, see Meta
}
