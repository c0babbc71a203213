package source

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aead.dev/minisign"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const maxComment = 200 // runes of what an author says in signing that are kept and shown

// ErrSignature is wrapped where a map is not signed by the key that the person named: it was neither parsed nor kept.
var ErrSignature = errors.New("the access map is not used")

// Key is the public key of a map's author in its one spelling. text is a minisign public key as on the second line of
// its file: base64 of Ed, an id of eight bytes and an Ed25519 key (https://jedisct1.github.io/minisign/).
func Key(text string) (string, error) {
	key, err := parseKey(text)
	if err != nil {
		return "", err
	}
	return key.String(), nil
}

func parseKey(text string) (key minisign.PublicKey, err error) {
	if len(text) != len(key.String()) || key.UnmarshalText([]byte(text)) != nil {
		return key, ui.Errorf("map-key-invalid", ui.Usage, "%s is not a minisign public key", ui.Named(ui.Cut(text, 80))).
			With(ui.Advice("name the second line of minisign.pub: 56 characters that begin with RW"),
				ui.Command("dbxaccess init FILE|URL --signed-by RW…"))
	}
	return key, nil
}

// Signer is who signed the copy, for a person: the key's id and what they said in signing it. "" where no key was named.
// Ids are no proof, since anybody can make a key with any id; the origin has the whole key.
func (o Origin) Signer() string {
	key, err := parseKey(o.SignedBy)
	if err != nil {
		return ""
	}
	signer := fmt.Sprintf("key %X", key.ID())
	if o.Comment != "" {
		signer += " with the comment " + ui.Named(ui.Cut(o.Comment, maxComment))
	}
	return signer
}

// Init is the command that fetches a map from there, with further flags. An address with a query that may hold a token is
// not shown.
func (o Origin) Init(flags string) string {
	from := "FILE|URL"
	if p := o.place(); p != nil && o.From != "" {
		from = p.Named()
	}
	return strings.TrimRight("dbxaccess init "+from+" "+flags, " ")
}

// verify reads the signature of a map and returns what its author said in signing it, cleaned. Errors of the signature
// itself wrap ErrSignature.
func verify(ctx context.Context, content *place.Content, o Origin) (comment string, err error) {
	key, err := parseKey(o.SignedBy)
	if err != nil {
		return "", err
	}
	text, at, err := content.Signature(ctx)
	if errors.Is(err, place.ErrNoSignature) {
		return "", ui.Errorf("map-signature-missing", ui.Failed, "%w: it has no signature %s (%w)", ErrSignature, at, err).
			With(ui.Advice("ask the map's owner to publish it; only if they tell you that the map is not signed: " + o.Init("--unsigned")))
	}
	if err != nil {
		return "", err
	}
	s, wrong := check(key, content.Data, text)
	if wrong == "" {
		return ui.Cut(s.TrustedComment, maxComment), nil
	}
	if s.KeyID != 0 && s.KeyID != key.ID() {
		return "", ui.Errorf("map-signature-other-key", ui.Failed, "%w: the signature %s %s", ErrSignature, at, wrong).
			With(ui.Advice("ask the map's owner, other than by the place the map comes from; with the new key that they tell you: " +
				o.Init("--signed-by KEY")))
	}
	return "", ui.Errorf("map-signature-wrong", ui.Failed, "%w: the signature %s %s", ErrSignature, at, wrong).
		With(ui.Advice("it may be of another version, while both are being replaced; try again in a minute, and if it stays so, ask the map's owner: " +
			o.Init("--signed-by "+o.SignedBy)))
}

// check parses a signature and says what is wrong with it; "" where the key has signed both the data and the comment.
func check(key minisign.PublicKey, data, text []byte) (s minisign.Signature, wrong string) {
	switch {
	case len(text) > place.MaxSignature || s.UnmarshalText(text) != nil:
		return minisign.Signature{}, "is damaged, or no signature of minisign's"
	case s.KeyID != key.ID():
		return s, fmt.Sprintf("is by the key %X, not %X", s.KeyID, key.ID())
	case !minisign.Verify(key, data, text):
		return s, "does not fit the map"
	}
	return s, ""
}

// keyChange is what another key, or none, means for who decides what the map says.
func keyChange(was string, is Origin) []accessmap.Change {
	c := accessmap.Change{Effect: accessmap.Widens, Topic: accessmap.AboutAuthor}
	switch {
	case was == is.SignedBy:
		return nil
	case was == "":
		c.Effect, c.Text = accessmap.Narrows, "the map: no version any more that is not signed by the key "+is.SignedBy
	case is.SignedBy == "":
		c.Text = "the map: no signature is needed any more, so who can change " + is.Display() + " decides (it was the key " + was + ")"
	default:
		c.Text = "the map: signed by the key " + is.SignedBy + " (it was " + was + ")"
	}
	return []accessmap.Change{c}
}
