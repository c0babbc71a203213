package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// These begin the headers of sections that login wrote, in the AWS config file and in that of Databricks.
const (
	profileSection   = "[profile dbx-"
	workspaceSection = "[dbx-"
)

// leaveNothing stops the sandbox, removes the scratch home and checks for leftovers; for what signing out removes only if
// the demo got there.
func (d *demo) leaveNothing(ctx context.Context, signedOut bool) error {
	d.log.say("\nWhat is left?")
	var failed []error
	check := func(what string, err error) {
		if err != nil {
			err = fmt.Errorf("%s: %w", what, err)
			d.log.say("%s✗ %v", indent, err)
			failed = append(failed, err)
			return
		}
		d.log.say("%s✓ %s", indent, what)
	}
	if signedOut {
		check("no item in the keyring file but the record's key", nothing(d.home.keyringItems()))
		check("no profile in ~/.aws/config", noSection(d.home.awsConfig(), profileSection))
		check("no profile in ~/.databrickscfg", noSection(d.home.databricksConfig(), workspaceSection))
	}
	check("no process", nothing(processesOf(d.home.root)))
	check("no lock", d.uninstall(ctx))
	check("no open port", errors.Join(d.sandbox.Close(), portClosed(ctx, d.sandbox.Address())))
	check("no file", d.home.remove())
	return errors.Join(failed...)
}

func nothing(found []string) error {
	if len(found) > 0 {
		return fmt.Errorf("found %q", found)
	}
	return nil
}

// keyringItems lists the files of the encrypted keyring by their service name, which their names begin with, without the two that a
// logout leaves: the key of the record, and what tells whether the passphrase is the right one.
func (h *home) keyringItems() []string {
	var items []string
	// A directory that can't be read is the demo's own, and shows when it is removed.
	_ = filepath.WalkDir(h.root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && strings.HasPrefix(entry.Name(), keyringService) &&
			entry.Name() != keyringService+"+v1+audit,chain" && entry.Name() != keyringService+"+check" {
			items = append(items, path)
		}
		return nil
	})
	return items
}

// filesWith lists the files that hold one of the secrets as it is.
func (h *home) filesWith(secrets []string) ([]string, error) {
	var found []string
	root, err := os.OpenRoot(h.root)
	if err != nil {
		return nil, fmt.Errorf("looking for secrets in files: %w", err)
	}
	defer func() { _ = root.Close() }()
	err = fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := fs.ReadFile(root.FS(), path)
		if err != nil {
			return err
		}
		for _, secret := range secrets {
			if bytes.Contains(data, []byte(secret)) {
				found = append(found, path)
				break
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for secrets in files: %w", err)
	}
	return found, nil
}

func noSection(path, header string) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if strings.Contains(string(data), header) {
		return errors.New("a section is left")
	}
	return nil
}

func portClosed(ctx context.Context, address string) error {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil //nolint:nilerr // No answer is what is wanted.
	}
	_ = conn.Close()
	return fmt.Errorf("%s is open", address)
}

func (h *home) remove() error {
	if err := os.RemoveAll(h.root); err != nil {
		return err
	}
	if _, err := os.Lstat(h.root); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is still there", h.root)
	}
	return nil
}
