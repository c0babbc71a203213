package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// State is how a sign-in stands: the first three are what the person said to it.
type State int

// The states.
const (
	Pending State = iota
	Approved
	Denied
	Expired
	TooEarly // to be asked about
)

// Grant is one sign-in: begun by a client, decided by a person, redeemed by the client. The device flow and the browser
// flow differ only in how the client learns of the decision.
type Grant struct {
	ID        string // what the person's pages know it by: the user code, or a random text
	Client    string // who asks, as people are told
	Scopes    []string
	Challenge Challenge
	Expires   time.Time
	Decision  State
	User      *User // who decided
	Spent     bool

	Back *Back // of the browser flow; nil in the device flow

	interval time.Duration // between polls
	polled   time.Time     // last; zero before the first poll
}

// Back is how the browser flow gets back to the client.
type Back struct {
	RedirectURI string // as the client wrote it: the token request must repeat it
	State       string
	Nonce       string
	// Send sends the browser back with the person's decision.
	Send func(*Grant) *harness.Reply
}

// To sends a browser back to the client with an answer (RFC 6749 4.1.2).
func (b *Back) To(answer url.Values) *harness.Reply {
	if b.State != "" {
		answer.Set("state", b.State)
	}
	return harness.SeeOther(b.RedirectURI + "?" + answer.Encode())
}

// browserLifetime bounds both the person's decision and the code's redemption, which RFC 6749 4.1.2 wants short.
const browserLifetime = 10 * time.Minute

// NewDevice is a sign-in by device code (RFC 8628). The lock must be held.
func (d *Desk) NewDevice(client string, scopes []string) *Grant {
	return &Grant{
		ID: newUserCode(), Client: client, Scopes: scopes,
		Expires: d.h.Clock().Add(d.h.Behaviour.DeviceCodeLifetime), interval: d.h.Behaviour.PollInterval,
	}
}

// NewBrowser is a sign-in by browser. The lock must be held.
func (d *Desk) NewBrowser(client string, scopes []string, challenge Challenge, back *Back) *Grant {
	return &Grant{
		ID: harness.Opaque(32), Client: client, Scopes: scopes, Challenge: challenge,
		Expires: d.h.Clock().Add(browserLifetime), Back: back,
	}
}

// Poll notes that a device client asked, and tells it how the sign-in stands. One that does not wait waits longer from then
// on (RFC 8628 3.5).
func (g *Grant) Poll(now time.Time) State {
	if !now.Before(g.Expires) {
		return Expired
	}
	early := !g.polled.IsZero() && now.Sub(g.polled) < g.interval
	g.polled = now
	if early {
		g.interval += 5 * time.Second
		return TooEarly
	}
	return g.Decision
}

// A verifier has 43 to 128 unreserved characters (RFC 7636 4.1); an S256 challenge is 32 bytes in base64url.
var (
	verifierForm  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
)

// Challenge is a code challenge of RFC 7636, or "" where the client sent none.
type Challenge string

// ReadChallenge reads a challenge by its only method that is taken: "plain" protects nothing on a loopback redirect.
func ReadChallenge(challenge, method string) (c Challenge, ok bool) {
	return Challenge(challenge), method == "S256" && challengeForm.MatchString(challenge)
}

// Matches checks a verifier in constant time. Where no challenge was sent, none must come.
func (c Challenge) Matches(verifier string) bool {
	if c == "" {
		return verifier == ""
	}
	if !verifierForm.MatchString(verifier) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(want), []byte(c)) == 1
}

// LoopbackRedirect parses a native app's redirect: http to 127.0.0.1 or localhost, any port, any path (RFC 8252 7.3).
func LoopbackRedirect(raw string) (*url.URL, bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" || u.User != nil || strings.ContainsAny(raw, "?#") {
		return nil, false
	}
	return u, u.Hostname() == "127.0.0.1" || strings.EqualFold(u.Hostname(), "localhost")
}

// userCodeAlphabet has no vowels, so that no words come about, and nothing that looks alike (RFC 8628 6.1).
const userCodeAlphabet = "BCDFGHJKLMNPQRSTVWXZ"

// newUserCode has the form XXXX-XXXX.
func newUserCode() string {
	code := make([]byte, 0, 8)
	for raw := make([]byte, 1); len(code) < 8; {
		_, _ = rand.Read(raw) // never fails
		// Bytes past the last whole multiple of 20 would favour some letters.
		if raw[0] < 240 {
			code = append(code, userCodeAlphabet[raw[0]%20])
		}
	}
	return normalUserCode(string(code))
}

// normalUserCode reads a user code as people type it: small letters, spaces, no hyphen.
func normalUserCode(typed string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	if len(letters) != 8 {
		return letters
	}
	return letters[:4] + "-" + letters[4:]
}
