package sandbox

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// Kind is the make of identity provider whose documented answers are given. They are data, in providers/KIND.yaml, and
// differ in what the documents differ in: fields, codes, statuses, texts, claims. Paths, times, keys and the pages for people
// stay the sandbox's own.
type Kind string

// Generic is the standards to the letter.
const Generic Kind = "generic"

// provider is what a kind does in its own way. The zero value of each field is what the standards have.
type provider struct {
	Scopes    []string          // supported; others are refused
	Spelling  map[string]string // how scopes are called in answers, "" for those left out of them
	Discovery map[string]any    // laid over the discovery document
	Device    map[string]any    // laid over the answer to a device request
	Tokens    map[string]any    // laid over an answer with tokens; what begins with refresh_ only beside a refresh token

	Claims        map[string]any // laid over those of an ID token
	ProfileClaims map[string]any `yaml:"profile_claims"` // likewise, where the scope profile was granted
	MaxGroups     int            `yaml:"max_groups"`     // with more, a token has no groups but OverageClaims; 0: no bound
	OverageClaims map[string]any `yaml:"overage_claims"`

	PlainCode          bool   `yaml:"plain_code"`    // user codes have no hyphen
	ExpiredOnce        bool   `yaml:"expired_once"`  // a code is expired_token once, and unknown from then on
	RedirectHost       string `yaml:"redirect_host"` // the only host of loopback redirects; "": 127.0.0.1 and localhost
	IssInAnswer        bool   `yaml:"iss_in_answer"` // the authorization response names the issuer (RFC 9207)
	DenialStaysPending bool   `yaml:"denial_stays_pending"`

	Secret       string // what clients must send; "": they are public
	PublicDevice bool   `yaml:"public_device"` // the device request needs no secret though the token request does

	RefreshAlways        bool          `yaml:"refresh_always"`          // a refresh token comes without the scope offline_access too
	KeepsRefreshToken    bool          `yaml:"keeps_refresh_token"`     // a refresh brings no new refresh token
	OldRefreshTokensStay bool          `yaml:"old_refresh_tokens_stay"` // a refresh brings one, and those before it stay good
	RefreshGrace         time.Duration `yaml:"refresh_grace"`           // how long one that was replaced is still taken
	OmitsIDToken         bool          `yaml:"omits_id_token"`          // a refresh brings no ID token
	GroupsNeedScope      bool          `yaml:"groups_need_scope"`       // one that doesn't send the scopes again brings no groups
	NonceStays           bool          `yaml:"nonce_stays"`             // the ID tokens of refreshes carry the sign-in's nonce

	// ErrorForm is what becomes of an answer that tells of an error; nil: it is sent as it stands.
	ErrorForm map[string]any               `yaml:"error_form"`
	Answers   map[situation]map[string]any // the status, unless it is that of RFC 6749 5.2, and the members
}

//go:embed providers
var recorded embed.FS

// providers are read once: they are the same for all sandboxes of a process.
var providers = sync.OnceValues(readProviders)

func readProviders() (map[Kind]*provider, error) {
	files, err := recorded.ReadDir("providers")
	if err != nil {
		return nil, fmt.Errorf("reading what providers answer: %w", err)
	}
	all := map[Kind]*provider{}
	for _, file := range files {
		text, err := recorded.ReadFile("providers/" + file.Name())
		if err != nil {
			return nil, fmt.Errorf("reading what providers answer: %w", err)
		}
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		decoder.KnownFields(true)
		p := &provider{}
		if err := decoder.Decode(p); err != nil {
			return nil, fmt.Errorf("reading providers/%s: %w", file.Name(), err)
		}
		all[Kind(strings.TrimSuffix(file.Name(), path.Ext(file.Name())))] = p
	}
	for kind, p := range all {
		own := p.Answers
		p.Answers = maps.Clone(all[Generic].Answers)
		for what, answer := range own {
			if p.Answers[what] == nil {
				return nil, fmt.Errorf("providers/%s.yaml: %q is no situation", kind, what)
			}
			p.Answers[what] = answer
		}
	}
	return all, nil
}

// Kinds are all that there are.
func Kinds() []Kind {
	all, _ := providers()
	return slices.Sorted(maps.Keys(all))
}

// UnmarshalText implements encoding.TextUnmarshaler: only kinds that there are.
func (k *Kind) UnmarshalText(text []byte) error { return oneOf(k, text, Kinds()) }

// provider is the one that is doubled. The lock must be held.
func (s *Server) provider() *provider {
	if p := s.providers[s.behaviour.Kind]; p != nil {
		return p
	}
	return s.providers[Generic]
}

// spell is how the provider calls a scope in its answers; "" where it leaves it out.
func (p *provider) spell(scope string) string {
	if spelt, ok := p.Spelling[scope]; ok {
		return spelt
	}
	return scope
}

// unspell is the scope that a client means, who may have learnt its name from an answer.
func (p *provider) unspell(asked string) string {
	for scope, spelt := range p.Spelling {
		if spelt == asked {
			return scope
		}
	}
	return asked
}

// overlay lays fields over others; a nil value takes a field away.
func overlay(fields, over map[string]any) {
	for name, value := range over {
		if value == nil {
			delete(fields, name)
			continue
		}
		fields[name] = value
	}
}

var alone = regexp.MustCompile(`^\$\w+$`)

// fill puts what is known into what was recorded: $name by itself becomes the value, nil where it is not known, and within
// a text its text.
func fill(recorded any, known map[string]any) any {
	switch r := recorded.(type) {
	case string:
		if alone.MatchString(r) {
			return known[r[1:]]
		}
		return os.Expand(r, func(name string) string { return fmt.Sprint(known[name]) })
	case map[string]any:
		return filled(r, known)
	case []any:
		list := []any{}
		for _, element := range r {
			if value := fill(element, known); value != nil {
				list = append(list, value)
			}
		}
		return list
	}
	return recorded
}

func filled(recorded, known map[string]any) map[string]any {
	fields := make(map[string]any, len(recorded))
	for name, value := range recorded {
		fields[name] = fill(value, known)
	}
	return fields
}
