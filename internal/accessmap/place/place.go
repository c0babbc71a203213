// Package place is where an access map lies, and how it is read from there.
//
// In goes what a person named: a file, an https address, a file in a git repository, an object in S3, or a command that
// prints it. Out come its bytes, what lies beside it as its signature, and a tag by which the same bytes are known again. It
// must never run what a map, a server or a repository names, follow a redirect, ask for a password, or read more than is
// bounded.
package place

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// signatureSuffix is what the name of a signature ends in, beside the map, as minisign itself names it.
	signatureSuffix = ".minisig"
	// MaxSignature has room for the comments of 1,024 and 8,192 bytes that minisign reads, and the two signatures.
	MaxSignature = 16 << 10
	// maxAddress bounds what is read as an address or a command, in bytes.
	maxAddress = 4096
	// Patience is how long a program may take that reads a map while a person waits for nothing else.
	Patience = time.Minute
)

// ErrNoSignature is wrapped where no signature lies beside a map.
var ErrNoSignature = errors.New("there is none")

// Place is where a map lies.
type Place interface {
	// String is its one spelling, which Parse reads.
	String() string
	// Shown is String as a person may see it: cleaned, and without a query that may hold a token.
	Shown() string
	// Named is what `dbxaccess init` is told to read the map from there, as words of a shell.
	Named() string
	// Quick reports whether it is read in no more than a request, rather than by programs.
	Quick() bool

	read(ctx context.Context, t *Tools, tag string) (*Content, error)
}

// Tools are what places are read with. A place that needs none of a kind leaves it alone.
type Tools struct {
	HTTP    *http.Client
	Environ func() []string // of programs
	// Waiting tells a person what is waited for. nil: nobody is told.
	Waiting func(doing string) (done func())
	// Patience bounds the programs that are run; 0 for Patience.
	Patience time.Duration
	S3       func() (S3, error)
}

// S3 is what objects are read with.
type S3 struct {
	Endpoint     string // AWS_ENDPOINT_URL_S3; "" for AWS's own
	TrustedHosts []string
	Hosts        iam.Hosts
	Region       string // where the address names none
	// Keys are those of a profile of the AWS CLI, or for "" those that AWS's own programs would find.
	Keys func(ctx context.Context, profile string) (*credential.AWS, error)
	Now  func() time.Time
}

// Content is what was read.
type Content struct {
	Data      []byte
	Tag       string // by which it is known again; "" for none
	Unchanged bool   // it is what had the tag that was asked about; no Data

	signature func(ctx context.Context) (text []byte, place string, err error)
	close     func()
}

// Signature reads what lies beside the map. place may be shown; where there is nothing, err wraps ErrNoSignature. A text
// that is too long for a signature comes as nil.
func (c *Content) Signature(ctx context.Context) (text []byte, place string, err error) {
	return c.signature(ctx)
}

// Close removes what reading has left on this machine.
func (c *Content) Close() {
	if c.close != nil {
		c.close()
	}
}

// Read reads a map, unparsed, at most accessmap.MaxSize bytes. tag is that of what is there already, "" for nothing.
func Read(ctx context.Context, t *Tools, p Place, tag string) (*Content, error) {
	content, err := p.read(ctx, t, tag)
	if err != nil {
		return nil, err
	}
	if len(content.Data) > accessmap.MaxSize {
		content.Close()
		return nil, tooLarge(p)
	}
	return content, nil
}

func tooLarge(p Place) error {
	return ui.Errorf("map-too-large", ui.Failed, "%s has more than %d bytes", p.Shown(), accessmap.MaxSize).
		With(ui.Advice("an access map is smaller than that; check the address"))
}

// Parse tells kinds of places apart. Errors are ui.Usage.
func Parse(from string) (Place, error) {
	if len(from) > maxAddress {
		return nil, invalid(fmt.Errorf("%s… has more than %d bytes", ui.Named(ui.Cut(from, 40)), maxAddress)).
			With(ui.Command("dbxaccess init FILE|URL"))
	}
	if words, ok := strings.CutPrefix(from, CommandPrefix); ok {
		return Command(words, "")
	}
	scheme, _, isAddress := strings.Cut(from, "://")
	if strings.HasPrefix(strings.ToLower(from), "git+") {
		isAddress = true // an error, if it is none
	}
	switch scheme = strings.ToLower(scheme); {
	case !isAddress:
		return parsePath(from)
	case scheme == "file":
		return parseFileAddress(from)
	case scheme == "s3":
		return parseS3(from)
	case scheme == "git" || scheme == "ssh" || strings.HasPrefix(scheme, "git+"):
		return parseGit(from)
	}
	return parseWeb(from)
}

// bare is an address as it may be shown where it is none: cut, and without what stands where people put tokens.
func bare(from string) string {
	from, _, hasQuery := strings.Cut(ui.Cut(from, 200), "?")
	if scheme, rest, ok := strings.Cut(from, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		if at := strings.LastIndexByte(host, '@'); at >= 0 && host[:at] != "git" {
			from = scheme + "://…" + host[at:] + strings.TrimPrefix(rest, host)
		}
	}
	if hasQuery {
		from += "?…"
	}
	return ui.Named(from)
}

func invalid(err error) *ui.Error {
	return ui.Errorf("map-address-invalid", ui.Usage, "the access map's address: %w", err)
}

// run runs a program that reads a map, with what it may print.
func (t *Tools) run(ctx context.Context, doing string, p command.Program) (command.Output, error) {
	if p.Time = t.Patience; p.Time == 0 {
		p.Time = Patience
	}
	if p.Env == nil {
		p.Env = t.environ()
	}
	if t.Waiting != nil {
		p.Waiting = func() func() { return t.Waiting(doing) }
	}
	p.Stderr = 16 << 10
	return command.Run(ctx, p)
}

func (t *Tools) environ() []string {
	if t.Environ == nil {
		return os.Environ()
	}
	return t.Environ()
}
