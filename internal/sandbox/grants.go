package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"time"
)

// decision is what the person said to a sign-in.
type decision int

const (
	pending decision = iota
	approved
	denied
)

// grant is one sign-in: begun by a client, decided by a person, redeemed by the client. The device flow and the browser
// flow differ only in how the client learns of the decision.
type grant struct {
	id       string // what the person's pages know it by: the user code, or a random text
	code     string // what the client redeems: the device code or the authorization code
	scopes   []string
	verifier pkce
	expires  time.Time
	decision decision
	user     *User // who decided
	redeemed *family
	spent    bool

	device  *devicePolls    // nil in the browser flow
	browser *browserRequest // nil in the device flow
	center  *centerGrant    // of a sign-in to Identity Center; nil at the provider
}

// grants are the sign-ins under way and done.
type grants struct {
	byID   map[string]*grant
	byCode map[string]*grant

	userCodes []string      // pending ones that WaitForUserCode has not given out yet
	arrived   chan struct{} // closed, and replaced, when one is added
}

func newGrants() grants {
	return grants{byID: map[string]*grant{}, byCode: map[string]*grant{}, arrived: make(chan struct{})}
}

func (g *grants) add(added *grant) {
	g.byCode[added.code] = added
	g.show(added)
}

// show lets a person decide about a sign-in.
func (g *grants) show(added *grant) {
	g.byID[added.id] = added
	if added.device != nil && added.decision == pending {
		g.userCodes = append(g.userCodes, added.id)
		close(g.arrived)
		g.arrived = make(chan struct{})
	}
}

// nextUserCode takes the oldest code that is still undecided.
func (g *grants) nextUserCode() (string, bool) {
	for len(g.userCodes) > 0 {
		code := g.userCodes[0]
		g.userCodes = g.userCodes[1:]
		if g.byID[code].decision == pending {
			return code, true
		}
	}
	return "", false
}

var (
	errNoSuchCode = errors.New("there is no such code")
	errExpired    = errors.New("the code has expired")
	errDecided    = errors.New("the code was used already")
	errNoSuchUser = errors.New("there is no such user")
)

// open returns a sign-in that a person can still decide. The lock must be held.
func (s *Server) open(id string) (*grant, error) {
	g := s.grants.byID[id]
	switch {
	case g == nil:
		return nil, errNoSuchCode
	case !s.clock().Before(g.expires):
		return nil, errExpired
	case g.decision != pending:
		return nil, errDecided
	}
	return g, nil
}

// decideAtOnce applies AutoApprove and AutoDeny. The lock must be held.
func (s *Server) decideAtOnce(g *grant) error {
	if s.behaviour.AutoDeny {
		g.decision = denied
		return nil
	}
	if s.behaviour.AutoApprove == "" {
		return nil
	}
	u, ok := s.user(s.behaviour.AutoApprove)
	if !ok {
		return errNoSuchUser
	}
	g.decision, g.user = approved, u
	return nil
}

// challengeS256 is the only method of RFC 7636 that is taken: "plain" protects nothing on a loopback redirect.
const challengeS256 = "S256"

// A verifier has 43 to 128 unreserved characters (RFC 7636 4.1); an S256 challenge is 32 bytes in base64url.
var (
	verifierForm  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
)

// pkce is a code challenge, or "" where the client sent none.
type pkce string

// matches checks a verifier in constant time. Where no challenge was sent, none must come.
func (p pkce) matches(verifier string) bool {
	if p == "" {
		return verifier == ""
	}
	if !verifierForm.MatchString(verifier) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(want), []byte(p)) == 1
}

// userCodeAlphabet has no vowels, so that no words come about, and nothing that looks alike (RFC 8628 6.1).
const userCodeAlphabet = "BCDFGHJKLMNPQRSTVWXZ"

// newUserCode has the form XXXX-XXXX.
func newUserCode() string {
	var raw [64]byte
	for {
		// crypto/rand never fails.
		_, _ = rand.Read(raw[:])
		var code strings.Builder
		for _, b := range raw {
			// Bytes past the last whole multiple of 20 would favour some letters.
			if b >= 240 {
				continue
			}
			if code.Len() == 4 {
				code.WriteByte('-')
			}
			code.WriteByte(userCodeAlphabet[int(b)%len(userCodeAlphabet)])
			if code.Len() == 9 {
				return code.String()
			}
		}
	}
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

// opaque is a random text of n characters in base64url, as tokens and codes are.
func opaque(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)[:n]
}
