package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MaxLine bounds a line, in bytes, its line feed included.
const MaxLine = 1 << 20

// maxText bounds what is said of a refusal, in runes.
const maxText = 4000

// A line ends with hash and signature, which are of one length, so that what was hashed is what stands before them: no canonical
// form of JSON is needed.
const (
	hashName, signatureName = `,"hash":"`, `","sig":"`
	closing                 = `"}}}}`
	hashSize                = 2 * sha256.Size
	signatureSize           = 86 // 64 bytes in base64 without padding
	endSize                 = len(hashName) + hashSize + len(signatureName) + signatureSize + len(closing)
)

// Head is where a chain is.
type Head struct {
	Chain    string `json:"uid"`
	Sequence uint64 `json:"seq"`  // from 1
	Hash     string `json:"hash"` // of that line, in hex
}

// String is a head as it is printed and named: see ParseHead.
func (h Head) String() string { return fmt.Sprintf("%s:%d:%s", h.Chain, h.Sequence, h.Hash) }

// ParseHead reads what String made.
func ParseHead(text string) (Head, error) {
	parts := strings.Split(text, ":")
	if len(parts) == 3 && isChain(parts[0]) && isHash(parts[2]) {
		if number, err := strconv.ParseUint(parts[1], 10, 64); err == nil && number > 0 {
			return Head{Chain: parts[0], Sequence: number, Hash: parts[2]}, nil
		}
	}
	return Head{}, errors.New("it is no head of a record")
}

// Link is a record's place in its chain.
type Link struct {
	Chain    string `json:"uid"`
	Sequence uint64 `json:"seq"`
	Prev     string `json:"prev"` // hash of the line before, in hex; zeros in the first
	// PublicKey is in base64, in the first line of a chain only. It proves nothing by itself.
	PublicKey string `json:"key,omitzero"`
	// After is the head of the chain that this one takes the place of, in the first line only: as far as it was known to be.
	After *Head `json:"after,omitzero"`
}

// Entry is a record with its place, as it was read.
type Entry struct {
	Record
	Link
	Hash      string // as the line states it, in hex
	Signature string // likewise, in base64 without padding

	Line   []byte // without the line feed
	File   string // "" where it was not read from one
	Number int    // of the line, from 1
}

// members are what stands in unmapped.dbxaccess, and what is read back.
type members struct {
	Record
	Refused *refusal `json:"refused,omitzero"`
	Chain   Link     `json:"chain"` // the last, see line's end
}

// Encode is the line of a record at its place, signed, without a line feed, and the head that the chain has with it. version is
// the program's.
func Encode(r Record, at Link, version string, key ed25519.PrivateKey) (line []byte, head Head, err error) {
	m := members{Record: r, Refused: refusalOf(r.Refused), Chain: at}
	line, err = json.Marshal(eventOf(r, m, version))
	if err != nil {
		return nil, Head{}, fmt.Errorf("writing a record down: %w", err)
	}
	line = line[:len(line)-len(closing)+1] // the first of the closing is a quotation mark, of the value to come
	if len(line)+endSize >= MaxLine {
		return nil, Head{}, fmt.Errorf("a record of %d bytes is too long", len(line))
	}
	sum := sha256.Sum256(line)
	hash := hex.EncodeToString(sum[:])
	line = append(line, hashName+hash+signatureName...)
	line = base64.RawURLEncoding.AppendEncode(line, ed25519.Sign(key, sum[:]))
	return append(line, closing...), Head{Chain: at.Chain, Sequence: at.Sequence, Hash: hash}, nil
}

// errNoRecord: a line is none that Encode has made.
var errNoRecord = errors.New("it is no record of dbxaccess")

// Decode reads a line back, without its line feed. It proves nothing: see Entry.Intact and Entry.SignedBy.
func Decode(line []byte) (Entry, error) {
	e := Entry{Line: line}
	body := len(line) - endSize
	if body <= 0 || len(line) >= MaxLine {
		return e, errNoRecord
	}
	var ok [3]bool
	rest := string(line[body:])
	ok[0] = cut(&rest, hashName)
	e.Hash, rest = rest[:hashSize], rest[hashSize:]
	ok[1] = cut(&rest, signatureName)
	e.Signature, rest = rest[:signatureSize], rest[signatureSize:]
	ok[2] = cut(&rest, closing)
	if ok != [3]bool{true, true, true} || !isHash(e.Hash) || !isSignature(e.Signature) {
		return e, errNoRecord
	}
	var event struct {
		Unmapped struct {
			Ours *members `json:"dbxaccess"`
		} `json:"unmapped"`
	}
	if err := json.Unmarshal(line, &event); err != nil {
		return e, fmt.Errorf("%w: %w", errNoRecord, err)
	}
	ours := event.Unmapped.Ours
	if ours == nil || ours.Chain.Chain == "" || ours.Chain.Sequence == 0 || !ours.Chain.valid() || ours.Time.IsZero() || ours.Activity == "" {
		return e, errNoRecord
	}
	e.Record, e.Link = ours.Record, ours.Chain
	e.Refused = ours.Refused.error()
	return e, nil
}

// valid reports whether a link's parts are what they are in a line of ours: they are printed, compared, and put into names.
func (l *Link) valid() bool {
	return isChain(l.Chain) && isHash(l.Prev) && (l.After == nil || isChain(l.After.Chain) && l.After.Sequence > 0 && isHash(l.After.Hash))
}

// isChain reports whether a text can be the id of a chain. Ours are hex digits.
func isChain(uid string) bool {
	return uid != "" && len(uid) <= 128 && strings.Trim(uid, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// isHash reports whether a text is a SHA-256 as Encode writes it.
func isHash(text string) bool {
	return len(text) == hashSize && strings.Trim(text, "0123456789abcdef") == ""
}

// isSignature reports whether a text is a signature as Encode writes it.
func isSignature(text string) bool {
	_, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && !strings.ContainsAny(text, "\r\n")
}

// cut takes a prefix off; false if it is not there, and as many bytes are taken off all the same.
func cut(s *string, prefix string) bool {
	found := (*s)[:len(prefix)] == prefix
	*s = (*s)[len(prefix):]
	return found
}

// Head is where the chain is with this entry.
func (e *Entry) Head() Head { return Head{Chain: e.Chain, Sequence: e.Sequence, Hash: e.Hash} }

// Intact reports whether the line is the one whose hash it states.
func (e *Entry) Intact() bool {
	sum := sha256.Sum256(e.Line[:len(e.Line)-endSize])
	return hex.EncodeToString(sum[:]) == e.Hash
}

// SignedBy reports whether the line's hash was signed with the private half of a key.
func (e *Entry) SignedBy(key ed25519.PublicKey) bool {
	hash, err := hex.DecodeString(e.Hash)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return false
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(e.Signature)
	return err == nil && ed25519.Verify(key, hash, signature)
}
