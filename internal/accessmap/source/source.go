// Package source is where the access map comes from and what it makes the person trust.
//
// In goes what the person named, which package place reads; out come the map's bytes with their Origin, a copy of both in
// the settings directory, the Stamp by which a later run knows that the copy has not changed, and what a newer version
// of the map would change, which a person has to agree to before it is used. It does not ask for that itself. It must
// never load a copy that is not, byte for byte, what was fetched, nor parse what the named key has not signed.
package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Wanted is what the person named.
type Wanted struct {
	From             string // a path, an address or a command, as package place spells it
	SignatureCommand string // prints the signature, where From is a command; "" for none
	SignedBy         string // the minisign key by which each version has to be signed; "" for none, see Key
}

// place is where that is.
func (w Wanted) place() (place.Place, error) {
	if command, ok := strings.CutPrefix(w.From, place.CommandPrefix); ok {
		return place.Command(command, w.SignatureCommand)
	}
	return place.Parse(w.From)
}

// Origin says where a copy of a map came from. It lies beside the copy.
type Origin struct {
	From    string    `json:"from"`           // as package place spells it
	ETag    string    `json:"etag,omitempty"` // by which the same bytes are known again there
	SHA256  string    `json:"sha256"`         // of the copy, in lower case hex
	Fetched time.Time `json:"fetched"`
	// What the map says about its own age, in seconds; 0 for nothing. Here it can be read without parsing the map.
	MaxAge  int64 `json:"max_age,omitempty"`
	Expires int64 `json:"expires,omitempty"`
	// The minisign key that the person named, by which each version has to be signed; "" for none. And what its author
	// said in signing this one.
	SignedBy         string `json:"signed_by,omitempty"`
	Comment          string `json:"signature_comment,omitempty"`
	SignatureCommand string `json:"signature_command,omitempty"` // prints the signature, where a command prints the map
}

// Wanted is what the person named when the copy was made.
func (o Origin) Wanted() Wanted { return Wanted{o.From, o.SignatureCommand, o.SignedBy} }

// place is where it came from; nil where that can't be read.
func (o Origin) place() place.Place {
	p, err := o.Wanted().place()
	if err != nil {
		return nil
	}
	return p
}

// Display is where the map came from as it may be shown: cleaned, and without a query that may hold a token.
func (o Origin) Display() string {
	if p := o.place(); p != nil && o.From != "" {
		return p.Shown()
	}
	return ui.Clean(o.From)
}

// HoldsQuery reports whether the address has a query that is not shown.
func (o Origin) HoldsQuery() bool {
	return strings.Contains(o.From, "://") && strings.Contains(o.From, "?") && !strings.Contains(o.Display(), "?")
}

// Quick reports whether the map is read in no more than a request, rather than by programs.
func (o Origin) Quick() bool {
	p := o.place()
	return p != nil && p.Quick()
}

// Digest is the SHA-256 of a map's bytes, in lower case hex.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Fetch reads a map from where a person said it is, unparsed. The origin has all but Fetched, MaxAge, Expires and Comment,
// which the caller sets; content has to be closed.
//
// previous is the origin of the present copy, or nil where no copy loads. If the map has not changed since, content has
// no data, and the origin is that of previous.
func Fetch(ctx context.Context, tools *place.Tools, wanted Wanted, previous *Origin) (content *place.Content, origin Origin, err error) {
	p, err := wanted.place()
	if err != nil {
		return nil, Origin{}, err
	}
	origin = Origin{From: p.String(), SignedBy: wanted.SignedBy, SignatureCommand: place.SignatureCommand(p)}
	tag := ""
	if previous != nil && previous.From == origin.From && previous.SignatureCommand == origin.SignatureCommand {
		tag = previous.ETag
	} else {
		previous = nil
	}
	content, err = place.Read(ctx, tools, p, tag)
	if err != nil {
		return nil, Origin{}, err
	}
	origin.SHA256, origin.ETag = Digest(content.Data), content.Tag
	if previous != nil && (content.Unchanged || previous.SHA256 == origin.SHA256) {
		content.Unchanged, content.Data = true, nil
		return content, *previous, nil
	}
	return content, origin, nil
}
