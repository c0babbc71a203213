package pass

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// fault is an UnavailableError with a fix of its own.
func fault(cause backend.Cause, fix ui.Fix, format string, args ...any) error {
	return about.Fault(cause, fmt.Errorf(format, args...)).With(fix)
}

// find returns the directory of the person's password store, after checking that it can be used.
func find(context.Context) (place backend.Place, err error) {
	dir := os.Getenv("PASSWORD_STORE_DIR")
	if dir == "" {
		if dir, err = defaultStore(); err != nil {
			return place, fault(backend.Absent, ui.Advice("or set PASSWORD_STORE_DIR"), "there is no home directory to look in: %w", err)
		}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return place, fault(backend.Absent, ui.Advice("set PASSWORD_STORE_DIR to an absolute path"), "%w", err)
	}
	return backend.Place{Directory: dir}, ready(dir)
}

func defaultStore() (string, error) {
	home, err := localfile.Home(os.Getenv)
	return filepath.Join(home, ".password-store"), err
}

// ready checks that pass is installed and the store initialised.
func ready(dir string) error {
	if _, err := exec.LookPath("pass"); err != nil {
		return fault(backend.Absent,
			ui.Advice("install it (https://www.passwordstore.org), or add it to PATH", backend.UseFile),
			"the program pass can't be run: %w", err)
	}
	if err := storeExists(dir); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, gpgIDFile)); errors.Is(err, fs.ErrNotExist) {
		return fault(backend.Absent, append(ui.Command(shellCommand(dir, "init YOUR-GPG-KEY")), ui.Advice(backend.UseFile)...),
			"%s is not initialised", dir)
	} else if err != nil {
		return about.Disk(err)
	}
	return nil
}

// storeExists checks that the store's directory exists. It may have been moved, or be on a disk that is not mounted.
func storeExists(dir string) error {
	_, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fault(backend.Absent,
			ui.Advice("bring it back, or make one: "+shellCommand(dir, "init YOUR-GPG-KEY"), backend.UseFile),
			"there is no directory %s", dir)
	}
	return about.Disk(err)
}

// writeError is about.Disk for writing: what is missing then is not the item.
func writeError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return about.Unavailable(backend.Absent, err)
	}
	return about.Disk(err)
}

// shellCommand is what a person types to run pass on the store in dir.
func shellCommand(dir, args string) string {
	if usual, err := defaultStore(); err == nil && dir == usual {
		return "pass " + args
	}
	return "PASSWORD_STORE_DIR=" + ui.Quote(ui.Clean(dir)) + " pass " + args
}

// whyNotShown finds the reason why pass did not show an existing item.
func (p *passwords) whyNotShown(ctx context.Context, name string, shown outcome) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	damaged := backend.Corrupt("it can't be decrypted")
	// GnuPG says so of an item that it began to decrypt, or found not to be encrypted.
	for _, status := range []string{"DECRYPTION_INFO", "NODATA", "BADMDC"} {
		if shown.statuses(status) != nil {
			return damaged
		}
	}
	keys := recipients(shown)
	if len(keys) == 0 {
		return about.Unavailable(backend.Failed, shown.lastWords())
	}
	// GnuPG does not tell the rest apart: a key that is locked, one that isn't there, and a damaged item.
	usable := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !p.hasSecretKey(ctx, key) })
	if slices.ContainsFunc(usable, func(key string) bool { return p.keyWorks(ctx, key) }) {
		return damaged
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(usable) == 0:
		return fault(backend.Denied,
			ui.Advice("gpg --list-secret-keys shows the keys that are there; one in another place needs GNUPGHOME",
				"if it is lost: "+shellCommand(p.dir, "rm -rf "+p.service)+", then dbxaccess login"),
			"GnuPG has no secret key %s to decrypt it with", strings.Join(keys, ", "))
	}
	unlock := ui.Advice("unlock it: "+shellCommand(p.dir, "show "+p.entry(name)+" >/dev/null"), "or have dbxaccess login ask for it",
		"for how long it stays unlocked is set in gpg-agent.conf: default-cache-ttl, max-cache-ttl")
	if p.patience > 0 {
		unlock = ui.Advice("on a terminal, let GnuPG know where to ask, and try again: export GPG_TTY=$(tty)")
	}
	return fault(backend.Locked, unlock, "the secret key %s needs its passphrase", strings.Join(usable, ", "))
}

// recipients returns the ids of the keys that an item is encrypted to, 8 at most to bound the time of checking each.
func recipients(shown outcome) (keys []string) {
	for _, args := range shown.statuses("ENC_TO") {
		key, _, _ := strings.Cut(args, " ")
		// It comes from the item, and becomes an argument.
		if id, err := hex.DecodeString(key); err == nil && len(id) > 0 && len(id) <= 20 && len(keys) < 8 {
			keys = append(keys, key)
		}
	}
	return keys
}

// anonymous reports whether the message does not name its recipient (GnuPG's throw-keyids).
func anonymous(key string) bool { return strings.Trim(key, "0") == "" }

func (p *passwords) hasSecretKey(ctx context.Context, key string) bool {
	return anonymous(key) || p.run(ctx, gpg(nil, "--list-secret-keys", "--with-colons", "0x"+key)).err == nil
}

// keyWorks tries a secret key on a message encrypted to it.
func (p *passwords) keyWorks(ctx context.Context, key string) bool {
	if anonymous(key) {
		return false
	}
	sealed := p.run(ctx, gpg(strings.NewReader("x"), "--encrypt", "--trust-model", "always", "--recipient", "0x"+key+"!"))
	return sealed.err == nil && p.run(ctx, gpg(bytes.NewReader(sealed.Stdout), "--decrypt")).err == nil
}

// whyNotInserted finds the reason why pass did not encrypt size bytes into the staging folder.
func whyNotInserted(ctx context.Context, staging string, size int, inserted outcome) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if refused := inserted.statuses("INV_RECP"); len(refused) > 0 {
		_, recipient, _ := strings.Cut(refused[0], " ") // behind a number for the reason
		return fault(backend.Denied, ui.Advice("it must be there, valid and trusted: gpg --list-keys, gpg --edit-key KEY trust"),
			"GnuPG does not encrypt to %q, which %s names", recipient, gpgIDFile)
	}
	// GnuPG numbers the system's errors in its own way: try to write as much.
	if err := os.WriteFile(filepath.Join(staging, "room"), make([]byte, 2*size), 0o600); err != nil {
		return writeError(err)
	}
	return about.Unavailable(backend.Failed, inserted.lastWords())
}
