package harness

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
)

// Calls counts the requests by endpoint, and the events, since the start.
func (h *Harness) Calls() map[Endpoint]int {
	h.Lock()
	defer h.Unlock()
	return maps.Clone(h.calls)
}

// Count counts an event. The lock must be held.
func (h *Harness) Count(event Endpoint) { h.calls[event]++ }

// Unexpected lists what no orderly client sends: unknown paths, methods, actions and clients, missing or doubled
// parameters, broken forms, a token at another workspace than its own. Secrets are not in it.
func (h *Harness) Unexpected() []string {
	h.Lock()
	defer h.Unlock()
	return slices.Clone(h.unexpected)
}

// Unexpectedf records a request that no orderly client sends. The lock must be held.
func (h *Harness) Unexpectedf(format string, args ...any) {
	h.unexpected = append(h.unexpected, fmt.Sprintf(format, args...))
}

// Secrets are all secrets handed out so far: codes, tokens, secret keys, session tokens, sign-in tokens, clients'
// secrets. A test looks for them where none must be.
func (h *Harness) Secrets() []string {
	h.Lock()
	defer h.Unlock()
	return slices.Clone(h.secrets)
}

// HandOut records a secret that leaves the sandbox. The lock must be held.
func (h *Harness) HandOut(secret string) string {
	h.secrets = append(h.secrets, secret)
	if h.Told != nil {
		_, _ = fmt.Fprintln(h.Told, secret)
	}
	return secret
}

// Opaque is a random text of n characters in base64url, as tokens and codes are.
func Opaque(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw)[:n]
}

// UUID is a random one.
func UUID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}
