package place

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// CommandPrefix begins the spelling of a command.
const CommandPrefix = "command:"

// printed is what a command prints.
type printed struct{ argv, beside []string }

// Command is the place of what a command prints; another one, "" for none, prints its signature. Both have to be the
// person's own words. No shell reads them.
func Command(text, signature string) (Place, error) {
	argv, err := wordsOf(text)
	if err != nil || signature == "" {
		return printed{argv: argv}, err
	}
	beside, err := wordsOf(signature)
	return printed{argv, beside}, err
}

// IsCommand reports whether an address is the spelling of a command. It must not be taken from what somebody may have been
// sent: who is told to type --from-command sees that it runs something.
func IsCommand(from string) bool { return strings.HasPrefix(from, CommandPrefix) }

func wordsOf(text string) ([]string, error) {
	argv, err := split(text)
	switch {
	case len(text) > maxAddress || len(argv) > maxWords:
		err = errors.New("it is too long")
	case err == nil && (len(argv) == 0 || argv[0] == ""):
		err = errors.New("it names no program")
	}
	if err != nil {
		return nil, ui.Errorf("map-command-invalid", ui.Usage, "the command %s can't be run: %w", ui.Named(ui.Cut(text, 80)), err).
			With(ui.Advice("quote what belongs together, or put it into a script and name that"),
				ui.Command(`dbxaccess init --from-command "gh api -H 'Accept: application/vnd.github.raw' repos/acme/platform/contents/access-map.yaml"`))
	}
	return argv, nil
}

func (p printed) String() string { return CommandPrefix + join(p.argv) }
func (p printed) Shown() string  { return "the command " + ui.Clean(join(p.argv)) }
func (p printed) Quick() bool    { return false }

func (p printed) Named() string {
	named := "--from-command " + ui.Quote(ui.Clean(join(p.argv)))
	if len(p.beside) > 0 {
		named += " --signature-command " + ui.Quote(ui.Clean(join(p.beside)))
	}
	return named
}

// SignatureCommand is the spelling of the command that prints a place's signature; "" for none.
func SignatureCommand(p Place) string {
	if p, ok := p.(printed); ok && len(p.beside) > 0 {
		return join(p.beside)
	}
	return ""
}

func (p printed) read(ctx context.Context, t *Tools, _ string) (*Content, error) {
	data, err := p.output(ctx, t, p.argv, accessmap.MaxSize)
	if err != nil {
		return nil, err
	}
	return &Content{Data: data, signature: func(ctx context.Context) ([]byte, string, error) { return p.signature(ctx, t) }}, nil
}

func (p printed) signature(ctx context.Context, t *Tools) (text []byte, place string, err error) {
	if len(p.beside) == 0 {
		return nil, "of a command: --signature-command names the one that prints it", ErrNoSignature
	}
	place = "that " + ui.Clean(join(p.beside)) + " prints"
	text, err = p.output(ctx, t, p.beside, MaxSignature)
	return text, place, err
}

// output runs a command and returns what it prints.
func (p printed) output(ctx context.Context, t *Tools, argv []string, limit int) ([]byte, error) {
	shown := "the command " + ui.Clean(join(argv))
	program, err := lookPath(argv[0])
	if err != nil {
		return nil, ui.Errorf("map-command-missing", ui.Failed, "%s can't be run: %w", shown, err).
			With(ui.Advice("install " + ui.Clean(argv[0]) + ", or name it by its path"))
	}
	out, err := t.run(ctx, "waiting for "+ui.Clean(filepath.Base(argv[0])), command.Program{
		Argv: append([]string{program}, argv[1:]...), Stdout: limit,
	})
	switch {
	case err == nil && len(out.Stdout) == 0:
		return nil, p.failed(shown, "printed nothing", argv, out)
	case err == nil:
		return out.Stdout, nil
	case errors.Is(err, context.Canceled):
		return nil, err
	case errors.Is(err, command.ErrTooMuch):
		return nil, ui.Errorf("map-too-large", ui.Failed, "%s printed more than %d bytes", shown, limit).
			With(ui.Advice("an access map is smaller than that; check what it prints"))
	case errors.Is(err, command.ErrTooLong), errors.Is(err, context.DeadlineExceeded):
		return nil, p.failed(shown, "was stopped as it took too long", argv, out)
	}
	return nil, p.failed(shown, "failed ("+ui.Clean(err.Error())+")", argv, out)
}

// failed says what a command did. It had no terminal: run by hand it may ask what it has to.
func (p printed) failed(shown, what string, argv []string, out command.Output) error {
	if last := ui.LastWords(out.Stderr); last != "" {
		what += "; its last words: " + last
	}
	return ui.Errorf("map-command-failed", ui.Failed, "%s %s", shown, what).
		With(ui.Advice("run it by hand, where it can ask you to sign in; then again:"), ui.Command(ui.Clean(join(argv))))
}

// lookPath finds a program by PATH, never in the directory that one happens to be in.
func lookPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return filepath.Abs(path)
	}
	if errors.Is(err, exec.ErrDot) {
		return "", errors.New(ui.Clean(name) + " is found in the current directory alone, and is not run from there")
	}
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return "", errors.New(ui.Clean(name) + " is not on this machine")
	}
	return "", err
}
