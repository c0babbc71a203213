// Package secret holds values that must never be printed.
//
// A token, a passphrase or a secret key goes in once, with New, and comes out only where it is used, with Reveal. Every
// other use (fmt verbs, encoding/json, log/slog, an error's text) gives "[redacted]", so that a forgotten %v can't leak
// it. It must never get a method that may print the value by accident.
package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
)

const redacted = "[redacted]"

// String is a secret text. The zero value is an empty secret. Compare what Reveal returns, not the values themselves.
//
// The text is behind a pointer because fmt can't call methods of values in unexported fields: there it prints what it
// finds, an address.
type String struct{ value *string }

// New wraps a secret text.
func New(value string) String { return String{&value} }

// Reveal returns the text itself. Call it only where the text is sent, stored in the keyring or printed because the
// person asked for it.
func (s String) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether the secret is empty.
func (s String) IsZero() bool { return s.Reveal() == "" }

// String implements fmt.Stringer.
func (String) String() string { return redacted }

// Format implements fmt.Formatter: every verb, %#v, %x and %q included, prints the same word.
func (String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalJSON writes the word "[redacted]": what must be stored is revealed on purpose by the code that stores it.
func (String) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// MarshalText writes the word "[redacted]".
func (String) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (String) LogValue() slog.Value { return slog.StringValue(redacted) }

// Redactor removes secrets from texts that repeat them, as servers do with what they refuse, also as a form or an address
// writes them, with either case of digits (.NET has small ones). Secrets of fewer than eight characters stay, as removing them would spoil ordinary words.
func Redactor(secrets ...String) *strings.Replacer {
	var pairs []string
	for _, s := range slices.SortedFunc(slices.Values(secrets), longestFirst) {
		if len(s.Reveal()) >= 8 {
			form, path := strings.ReplaceAll(escaped(s.Reveal(), " "), " ", "+"), escaped(s.Reveal(), "$&+=:@")
			for _, written := range []string{s.Reveal(), form, path, smallDigits(form), smallDigits(path)} {
				pairs = append(pairs, written, redacted)
			}
		}
	}
	return strings.NewReplacer(pairs...)
}

// escaped is a text as net/url writes it in an address, with what is kept there besides letters, digits and "-_.~". That package
// itself would be initialised before any answer from the cache.
func escaped(text, kept string) string {
	var out strings.Builder
	for _, ch := range []byte(text) {
		letter := 'a' <= ch|0x20 && ch|0x20 <= 'z'
		if letter || '0' <= ch && ch <= '9' || strings.IndexByte("-_.~"+kept, ch) >= 0 {
			out.WriteByte(ch)
		} else {
			fmt.Fprintf(&out, "%%%02X", ch)
		}
	}
	return out.String()
}

// smallDigits writes the escapes of an address with small letters.
func smallDigits(escaped string) string {
	text := []byte(escaped)
	for i, ch := range text {
		if ch == '%' && i+2 < len(text) {
			copy(text[i:], bytes.ToLower(text[i:i+3]))
		}
	}
	return string(text)
}

// longestFirst is for secrets with the same beginning: nothing of the longer one must stay.
func longestFirst(a, b String) int { return len(b.Reveal()) - len(a.Reveal()) }
