package place

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// file is the absolute path of a file.
type file string

func (f file) String() string { return string(f) }
func (f file) Shown() string  { return ui.Clean(string(f)) }
func (f file) Named() string  { return ui.Word(f.Shown()) }
func (f file) Quick() bool    { return true }

func parsePath(from string) (Place, error) {
	if host, repository, ok := scpLike(from); ok {
		return nil, invalid(fmt.Errorf("%s is a whole repository", ui.Named(from))).
			With(ui.Advice("name the file in it, and the branch if it is not the default one:"),
				ui.Command("dbxaccess init "+ui.Word("git+ssh://"+host+"/"+repository+"//access-map.yaml?ref=main")))
	}
	path, err := filepath.Abs(from)
	return file(path), err
}

func parseFileAddress(from string) (Place, error) {
	u, err := url.Parse(from)
	if err != nil || u.Host != "" && !strings.EqualFold(u.Host, "localhost") || u.RawQuery != "" || u.Fragment != "" {
		return nil, invalid(fmt.Errorf("%s is not a file address", bare(from))).
			With(ui.Advice("write it as file:///directory/map.yaml"))
	}
	path := u.Path
	if runtime.GOOS == "windows" { // file:///C:/map.yaml
		path = strings.TrimPrefix(path, "/")
	}
	return parsePath(filepath.FromSlash(path))
}

func (f file) read(_ context.Context, _ *Tools, _ string) (*Content, error) {
	data, _, err := localfile.Read(string(f), accessmap.MaxSize)
	if err != nil {
		return nil, Explained(string(f), err)
	}
	return &Content{Data: data, signature: f.signature}, nil
}

func (f file) signature(context.Context) (text []byte, place string, err error) {
	path := string(f) + signatureSuffix
	place = ui.Clean(path)
	text, _, err = localfile.Read(path, MaxSignature)
	_, large := errors.AsType[*localfile.TooLargeError](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, place, fmt.Errorf("%w: %w", ErrNoSignature, fs.ErrNotExist)
	case large:
		return nil, place, nil
	case err != nil:
		return nil, place, ui.Errorf("map-signature-unreadable", ui.Failed, "reading the signature %s: %w", place, err).
			With(localfile.Remedy(path, err), ui.Command("dbxaccess init"))
	}
	return text, place, nil
}

// Reader is localfile.Read or localfile.ReadTrusted.
type Reader func(path string, limit int) ([]byte, fs.FileInfo, error)

// Explained is an error of reading a map's file, with what helps.
func Explained(path string, err error) error {
	if _, explained := errors.AsType[*ui.Error](err); explained {
		return err
	}
	if _, large := errors.AsType[*localfile.TooLargeError](err); large {
		return ui.Errorf("map-too-large", ui.Failed, "%s is %w", ui.Clean(path), err).
			With(ui.Advice("an access map is smaller than that; check the path"))
	}
	fix := localfile.Remedy(path, err)
	if fix == nil {
		fix = ui.Advice("check the path of the access map")
	}
	return ui.Errorf("map-unreadable", ui.Failed, "reading the access map %s: %w", ui.Clean(path), err).With(fix)
}
