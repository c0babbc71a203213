package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
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
	magic      = "dbxa"
	format     = 2
	unbound    = 1 // the format without the name
	flagKeep   = 1
	digestAt   = 36
	headerSize = digestAt + sha256.Size

	// maxValue bounds a value in bytes. The largest honest one, a session with its tokens, is a few dozen KB.
	maxValue = 1 << 20
)

// item is what is stored under one key: a head and, if it has parts, the payload in other items.
type item struct {
	name       string // the backend's, of the head
	expires    time.Time
	keep       bool
	stored     time.Time
	generation uint64
	parts      int
	payload    []byte // nil while it is still in parts
	head       []byte // encoded, without the payload
}

// encode makes the head and returns what is stored under the key: the head, and the payload unless it is in parts.
func (it *item) encode() []byte {
	flags := byte(0)
	if it.keep {
		flags = flagKeep
	}
	b := append(make([]byte, 0, headerSize+len(it.payload)), magic...)
	b = append(b, format, flags)
	b = binary.BigEndian.AppendUint16(b, uint16(it.parts)) //nolint:gosec // 1 MiB in parts of 2,000 bytes: a few hundred
	b = binary.BigEndian.AppendUint64(b, milliseconds(it.expires))
	b = binary.BigEndian.AppendUint64(b, milliseconds(it.stored))
	b = binary.BigEndian.AppendUint64(b, it.generation)
	b = binary.BigEndian.AppendUint32(b, uint32(len(it.payload))) //nolint:gosec // at most 1 MiB
	sum := it.digest(b, it.payload)
	b = append(b, sum[:]...)
	it.head = b
	if it.parts > 0 {
		return it.head
	}
	return append(it.head, it.payload...)
}

// decodeItem reads what is stored under a name and verifies it; that of a head with parts is left to join. All else is
// ErrCorrupt.
func decodeItem(name string, data []byte) (*item, error) {
	if len(data) < headerSize || string(data[:len(magic)]) != magic {
		return nil, backend.Corrupt("not an item of this program")
	}
	if data[4] != format && (data[4] != unbound || data[5]&flagKeep == 0) {
		return nil, backend.Corrupt(fmt.Sprintf("its format is %d, not %d", data[4], format))
	}
	it := &item{
		name:       name,
		keep:       data[5]&flagKeep != 0,
		parts:      int(binary.BigEndian.Uint16(data[6:])),
		expires:    fromMilliseconds(binary.BigEndian.Uint64(data[8:])),
		stored:     fromMilliseconds(binary.BigEndian.Uint64(data[16:])),
		generation: binary.BigEndian.Uint64(data[24:]),
		head:       data[:headerSize:headerSize],
	}
	payload := data[headerSize:]
	if it.parts == 0 {
		return it, it.join(payload)
	}
	if len(payload) > 0 || it.parts > it.size() || it.size() > maxValue {
		return nil, backend.Corrupt("its lengths don't agree")
	}
	return it, nil
}

// size is the payload's length in bytes, as the head says.
func (it *item) size() int { return int(binary.BigEndian.Uint32(it.head[32:])) }

// join sets the payload after verifying its length and digest.
func (it *item) join(payload []byte) error {
	sum := it.digest(it.head[:digestAt], payload)
	if len(payload) != it.size() || !bytes.Equal(sum[:], it.head[digestAt:]) {
		return backend.Corrupt("its digest differs")
	}
	it.payload = payload
	return nil
}

func (it *item) digest(head, payload []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(head)
	if head[4] != unbound {
		h.Write(append([]byte(it.name), 0))
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
