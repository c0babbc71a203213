package under

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/admincli/mcpcmd/scrub"
)

const (
	// keptHead and keptTail are how much of a stream is shown, in bytes.
	keptHead, keptTail = 8 << 10, 24 << 10
	// slack is kept beyond that, so that a secret is found which the cut goes through: longer than AWS's session tokens in any form.
	slack = 32 << 10
)

// kept keeps the beginning and the end of a stream.
type kept struct {
	mu    sync.Mutex
	head  []byte
	tail  []byte // the last bytes behind head, twice as many as are needed at most
	total int64
}

func (k *kept) Write(data []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.total += int64(len(data))
	n := min(len(data), keptHead+slack-len(k.head))
	k.head = append(k.head, data[:n]...)
	k.tail = append(k.tail, data[n:]...)
	if most := keptTail + slack; len(k.tail) > 2*most {
		k.tail = append(k.tail[:0], k.tail[len(k.tail)-most:]...)
	}
	return len(data), nil
}

func (k *kept) size() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.total
}

// shown is what a model sees of the stream: without secrets and control characters. leftOut is how many bytes of it are missing in the
// middle.
func (k *kept) shown(s *scrub.Secrets) (text string, leftOut int64, marks int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	missing := k.total - int64(len(k.head)) - int64(len(k.tail))
	if missing == 0 {
		whole := plain(append(append([]byte{}, k.head...), k.tail...))
		spans := s.Find(whole)
		if len(whole) <= keptHead+keptTail {
			text, marks = scrub.Cut(whole, spans, 0, len(whole))
			return text, 0, marks
		}
		return joined(whole, spans, whole, spans, int64(len(whole)-keptHead-keptTail))
	}
	head, tail := plain(k.head), plain(k.tail)
	return joined(head, s.Find(head), tail, s.Find(tail), k.total-keptHead-keptTail)
}

func joined(head string, inHead []scrub.Span, tail string, inTail []scrub.Span, leftOut int64) (string, int64, int) {
	first, one := scrub.Cut(head, inHead, 0, atRune(head, min(len(head), keptHead)))
	last, two := scrub.Cut(tail, inTail, atRune(tail, max(0, len(tail)-keptTail)), len(tail))
	return first + "\n[…]\n" + last, leftOut, one + two
}

// atRune moves a place in a text to the beginning of a rune.
func atRune(text string, at int) int {
	for at > 0 && at < len(text) && !utf8.RuneStart(text[at]) {
		at--
	}
	return at
}

// sequences move a terminal: CSI, OSC, and those of two characters.
var sequences = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|\x1b[@-Z\\\\^_]")

// plain is a text without what moves a terminal, and without characters that nobody sees.
func plain(raw []byte) string {
	text := sequences.ReplaceAllString(strings.ToValidUTF8(string(raw), "\uFFFD"), "")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r': // as progress bars have it
			return '\n'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
			return -1
		}
		return r
	}, text)
}
