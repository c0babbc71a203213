package issuer

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// Claims are what servers read in an ID token. Tags and the source identity have claims of AWS's own:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
type Claims struct {
	Issuer   string  `json:"iss"`
	Subject  string  `json:"sub"`
	Audience Texts   `json:"aud"`
	Expiry   float64 `json:"exp"`
	IssuedAt float64 `json:"iat"`
	Tags     struct {
		Principal  map[string]Texts `json:"principal_tags"` // lists of one value each, though AWS takes a text as well
		Transitive []string         `json:"transitive_tag_keys"`
	} `json:"https://aws.amazon.com/tags"`
	SourceIdentity string `json:"https://aws.amazon.com/source_identity"`
}

// The names of claims in which tags stand one by one, for providers whose claims are no objects: a principal tag's key comes behind.
const (
	principalTagClaim  = "https://aws.amazon.com/tags/principal_tags/"
	transitiveTagClaim = "https://aws.amazon.com/tags/transitive_tag_keys"
)

// UnmarshalJSON implements json.Unmarshaler: tags that stand one by one are read beside those of the object.
func (c *Claims) UnmarshalJSON(data []byte) error {
	type plain Claims
	var single map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(data, (*plain)(c)), json.Unmarshal(data, &single)); err != nil {
		return err
	}
	for name, value := range single {
		key, isTag := strings.CutPrefix(name, principalTagClaim)
		var texts Texts
		if isTag || name == transitiveTagClaim {
			if err := json.Unmarshal(value, &texts); err != nil {
				return err
			}
		}
		switch {
		case !isTag:
			c.Tags.Transitive = append(c.Tags.Transitive, texts...)
		case texts != nil: // null is none
			if c.Tags.Principal == nil {
				c.Tags.Principal = make(map[string]Texts)
			}
			c.Tags.Principal[key] = texts
		}
	}
	return nil
}

// For reports whether a token is for one of some audiences.
func (c Claims) For(audiences ...string) bool {
	return slices.ContainsFunc(c.Audience, func(a string) bool { return slices.Contains(audiences, a) })
}

// Texts is one text or a list of them, as an audience is (RFC 7519 4.1.3).
type Texts = List[string]

// List is written as one element, or as a list of them.
type List[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *List[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var one T
	if json.Unmarshal(data, &one) == nil {
		*l = List[T]{one}
		return nil
	}
	return json.Unmarshal(data, (*[]T)(l))
}

// ReadUnverified reads a token's claims without a look at its signature: the issuer tells with which keys to verify it.
func ReadUnverified(token string) (claims Claims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Claims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	return claims, err == nil && json.Unmarshal(payload, &claims) == nil
}
