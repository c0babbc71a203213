package doctorcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/doctor"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// bundling are the flags about what is sent to support.
type bundling struct {
	wanted, yes, names bool
	file               string // "" for a new one here
}

const bundleLine = "dbxaccess doctor --bundle"

// run examines, shows what would be written, asks, and writes it. Faults are what the bundle is for, and no failure of it.
func (b bundling) run(ctx context.Context, env *cli.Env, links doctor.Links, output string) error {
	if b.file == "" {
		b.file = "dbxaccess-bundle-" + env.Now().UTC().Format("20060102-150405") + ".json"
	}
	if _, err := os.Lstat(b.file); err == nil { // before a minute has gone by
		return bundleExists(b.file)
	}
	if !b.yes && !env.Streams.Interactive {
		return ui.Errorf("bundle-unconfirmed", ui.Refused, "a bundle is written after a question, and there is no terminal to ask at").
			With(ui.Command(bundleLine + " --yes"))
	}
	made := collect(ctx, env, links)
	if err := ctx.Err(); err != nil {
		return err
	}
	text, err := made.text(b.scrubber(env))
	if err != nil {
		return err
	}
	if err := b.confirm(ctx, env, made, text); err != nil {
		return err
	}
	if err := writeNew(b.file, text); err != nil {
		return err
	}
	if output == "json" {
		return ui.PrintJSON(env.Streams.Out, struct {
			File string `json:"file"`
			Size int    `json:"size"` // bytes
		}{b.file, len(text)})
	}
	_, err = fmt.Fprintln(env.Streams.Out, ui.Clean(b.file))
	return err
}

func (b bundling) scrubber(env *cli.Env) *scrubber {
	home, _ := localfile.Home(env.Getenv) // without one there is no path below it
	return newScrubber(env.Environ(), home, b.names, env.Passphrase, env.Unlocked())
}

// confirm shows what goes into the file, and on demand all of it: what is shown is what is written, as another look may find something else.
func (b bundling) confirm(ctx context.Context, env *cli.Env, made *bundle, text []byte) error {
	mails := "E-mail addresses are numbered (--with-names keeps them)."
	if b.names {
		mails = "E-mail addresses are in it."
	}
	var said strings.Builder
	fmt.Fprintf(&said, "In %s, which you can read before you send it:\n", ui.Clean(b.file))
	for _, line := range made.summary() {
		fmt.Fprintf(&said, "  %-12s  %s\n", line[0], ui.Hang(env.Streams.Err, line[1], 16))
	}
	fmt.Fprintf(&said, "%s\n%s\n", ui.Hang(env.Streams.Err, "Tokens, keys, passphrases and the values of variables are not. "+mails, 0),
		ui.Hang(env.Streams.Err, "Names of roles, accounts and servers are.", 0))
	if _, err := fmt.Fprint(env.Streams.Err, said.String()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	if b.yes {
		return nil
	}
	for {
		answer, err := env.Streams.Ask(ctx, "Write it (v shows all of it first)? [y/N] ")
		switch answer = strings.ToLower(strings.TrimSpace(answer)); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && (answer == "y" || answer == "yes"):
			return nil
		case err == nil && (answer == "v" || answer == "view"):
			if _, err := env.Streams.Err.Write(text); err != nil {
				return fmt.Errorf("showing the bundle: %w", err)
			}
		default:
			return ui.Errorf("bundle-declined", ui.Failed, "nothing was written")
		}
	}
}

// writeNew writes a file that was not there, for this user alone.
func writeNew(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return bundleExists(path)
	}
	if err == nil {
		_, err = file.Write(text)
		err = errors.Join(err, file.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}
	if err != nil {
		return ui.Errorf("bundle-unwritable", ui.Failed, "writing %s: %w", ui.Clean(path), err).With(ui.Command(bundleLine + " FILE"))
	}
	return nil
}

func bundleExists(path string) error {
	return ui.Errorf("bundle-exists", ui.Failed, "%s is there already", ui.Clean(path)).
		With(ui.Command(bundleLine + " " + ui.Word(filepath.Join(filepath.Dir(path), "new-"+filepath.Base(path)))))
}

// text is the bundle as JSON, without secrets.
func (b *bundle) text(s *scrubber) ([]byte, error) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(b); err != nil {
		return nil, fmt.Errorf("writing the bundle: %w", err)
	}
	return []byte(visible(s.json(out.String()))), nil
}

// visible escapes in a JSON text what a terminal does not show, or obeys. Such stands in strings alone.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if shown := string(r); r == '\n' || ui.Clean(shown) == shown {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
