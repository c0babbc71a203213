package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"

	"aead.dev/minisign"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	signatureSuffix = ".minisig" // beside the map, as minisign itself names it
	// maxSignature has room for the comments of 1,024 and 8,192 bytes that minisign reads, and the two signatures.
	maxSignature = 16 << 10
	maxComment   = 200 // runes of it that are kept and shown
)

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
				ui.Command("dbxaccess init --from FILE|URL --signed-by RW…"))
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

// Init is the command that fetches a map from there, with further flags. An address with a query is not shown.
func (o Origin) Init(flags string) string {
	from := ui.Word(o.Display())
	if o.Display() != o.From {
		from = "the same address"
	}
	return "dbxaccess init --from " + from + " " + flags
}

// verify fetches the signature of a map and returns what its author said in signing it, cleaned. Errors of the
// signature itself wrap ErrSignature.
func verify(ctx context.Context, client *http.Client, o Origin, data []byte) (comment string, err error) {
	key, err := parseKey(o.SignedBy)
	if err != nil {
		return "", err
	}
	text, place, err := fetchSignature(ctx, client, o)
	if err != nil {
		return "", err
	}
	s, wrong := check(key, data, text)
	if wrong == "" {
		return ui.Cut(s.TrustedComment, maxComment), nil
	}
	if s.KeyID != 0 && s.KeyID != key.ID() {
		return "", ui.Errorf("map-signature-other-key", ui.Failed, "%w: the signature %s %s", ErrSignature, place, wrong).
			With(ui.Advice("ask the map's owner, other than by the place the map comes from; with the new key that they tell you: " +
				o.Init("--signed-by KEY")))
	}
	return "", ui.Errorf("map-signature-wrong", ui.Failed, "%w: the signature %s %s", ErrSignature, place, wrong).
		With(ui.Advice("it may be of another version, while both are being replaced; try again in a minute, and if it stays so, ask the map's owner: " +
			o.Init("--signed-by "+o.SignedBy)))
}

// check parses a signature and says what is wrong with it; "" where the key has signed both the data and the comment.
func check(key minisign.PublicKey, data, text []byte) (s minisign.Signature, wrong string) {
	switch {
	case len(text) > maxSignature || s.UnmarshalText(text) != nil:
		return minisign.Signature{}, "is damaged, or no signature of minisign's"
	case s.KeyID != key.ID():
		return s, fmt.Sprintf("is by the key %X, not %X", s.KeyID, key.ID())
	case !minisign.Verify(key, data, text):
		return s, "does not fit the map"
	}
	return s, ""
}

// fetchSignature reads the file beside the map, or asks the same server, by the rules of the map. One that is not there
// wraps ErrSignature. place may be shown.
func fetchSignature(ctx context.Context, client *http.Client, o Origin) (text []byte, place string, err error) {
	address, path, err := locate(o.From)
	if err != nil {
		return nil, "", err
	}
	missing := func(err error) *ui.Error {
		return ui.Errorf("map-signature-missing", ui.Failed, "%w: it has no signature %s (%w)", ErrSignature, place, err).
			With(ui.Advice("ask the map's owner to publish it; only if they tell you that the map is not signed: " + o.Init("--unsigned")))
	}
	if address == nil {
		place = ui.Clean(path + signatureSuffix)
		text, _, err = localfile.Read(path+signatureSuffix, maxSignature)
		_, large := errors.AsType[*localfile.TooLargeError](err)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, "", missing(fs.ErrNotExist)
		case large:
			return nil, place, nil // which is no signature
		case err != nil:
			return nil, "", ui.Errorf("map-signature-unreadable", ui.Failed, "reading the signature %s: %w", place, err).
				With(localfile.Remedy(path+signatureSuffix, err), ui.Command(o.Init("--signed-by "+o.SignedBy)))
		}
		return text, place, nil
	}
	beside := signatureOf(address)
	place = withoutQuery(beside.String())
	a, err := ask(ctx, client, "fetching the access map's signature from "+place, beside, "")
	if err != nil {
		return nil, "", err
	}
	switch a.Status {
	case http.StatusOK:
		if a.IsPage() {
			return nil, "", a.NoAnswer()
		}
		return a.Body, place, nil
	// Object stores say 401 or 403 of what is not there to those who may not list it. The map itself was there.
	case http.StatusNotFound, http.StatusGone, http.StatusUnauthorized, http.StatusForbidden:
		return nil, "", missing(fmt.Errorf("%d %s", a.Status, http.StatusText(a.Status)))
	}
	return nil, "", a.NoAnswer()
}

// signatureOf is the address of a map's signature: the suffix belongs to the path, before the query if there is one.
func signatureOf(address *url.URL) *url.URL {
	beside := *address
	beside.Path += signatureSuffix
	if beside.RawPath != "" {
		beside.RawPath += signatureSuffix
	}
	return &beside
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
