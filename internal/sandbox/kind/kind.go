// Package kind is what single makes of identity provider do in their own way: data, a file each in providers/, recorded from
// their documentation and sources.
//
// In comes the name of a kind; out go the answers that it gives, to be laid over those of the standards. They differ in what
// the documents differ in: fields, codes, statuses, texts, claims. Paths, times, keys and the pages for people stay the
// sandbox's own. Nothing here may depend on what a server does: to add a kind is to add a file.
package kind

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// Kind is the make of identity provider whose documented answers are given.
type Kind string

// Generic is the standards to the letter.
const Generic Kind = "generic"

// Provider is what a kind does in its own way. The zero value of each field is what the standards have.
type Provider struct {
	Scopes    []string          // supported; others are refused
	Spelling  map[string]string // how scopes are called in answers, "" for those left out of them
	Discovery map[string]any    // laid over the discovery document
	Device    map[string]any    // laid over the answer to a device request
	Tokens    map[string]any    // laid over an answer with tokens; what begins with refresh_ only beside a refresh token

	Claims        map[string]any // laid over those of an ID token
	ProfileClaims map[string]any `yaml:"profile_claims"` // likewise, where the scope profile was granted
	UserInfoOnly  []string       `yaml:"userinfo_only"`  // claims that the ID token lacks, and only userinfo has
	MaxGroups     int            `yaml:"max_groups"`     // with more, a token has no groups but OverageClaims; 0: no bound
	OverageClaims map[string]any `yaml:"overage_claims"`

	ACRClaim      string `yaml:"acr_claim"`       // holds the classes that were asked for, as a list; "": acr does, as a text
	AuthTimeAsked bool   `yaml:"auth_time_asked"` // a token says when somebody signed in only where the client asked

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
	Answers   map[Situation]map[string]any // the status, unless it is that of RFC 6749 5.2, and the members
}

//go:embed providers
var recorded embed.FS

// providers are read once: they are part of the program, and the tests read them all.
var providers = sync.OnceValue(func() map[Kind]*Provider {
	all, err := readProviders()
	if err != nil {
		panic(err)
	}
	return all
})

func readProviders() (map[Kind]*Provider, error) {
	files, err := recorded.ReadDir("providers")
	if err != nil {
		return nil, fmt.Errorf("reading what providers answer: %w", err)
	}
	all := map[Kind]*Provider{}
	for _, file := range files {
		text, err := recorded.ReadFile("providers/" + file.Name())
		if err != nil {
			return nil, fmt.Errorf("reading what providers answer: %w", err)
		}
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		decoder.KnownFields(true)
		p := &Provider{}
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

// All are the kinds that there are.
func All() []Kind { return slices.Sorted(maps.Keys(providers())) }

// Of is a kind's provider, and Generic's where there is no such kind.
func Of(k Kind) *Provider {
	return cmp.Or(providers()[k], providers()[Generic])
}

// Spell is how the provider calls a scope in its answers; "" where it leaves it out.
func (p *Provider) Spell(scope string) string {
	if spelt, ok := p.Spelling[scope]; ok {
		return spelt
	}
	return scope
}

// Unspell is the scope that a client means, who may have learnt its name from an answer.
func (p *Provider) Unspell(asked string) string {
	for scope, spelt := range p.Spelling {
		if spelt == asked {
			return scope
		}
	}
	return asked
}
