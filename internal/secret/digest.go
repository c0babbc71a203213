package secret

import (
	"crypto/sha256"
	"strconv"
)

// Digest is the SHA-256 of texts, each preceded by its length so that no two lists have the same. It stands for what
// must not be written, and is part of the names of stored items: it must stay the same.
func Digest(parts ...string) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return [sha256.Size]byte(h.Sum(nil))
}
