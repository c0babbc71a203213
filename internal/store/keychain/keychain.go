// Package keychain keeps items in the macOS Keychain, through Apple's program security.
//
// In come items; out come the same, or an error that tells what is locked from what is damaged. The program is the same
// for every build of ours, with cgo or without: macOS remembers by program what may read an item without asking, and
// would ask for each item again after each upgrade of a program that no one signs. A secret must never be an argument,
// and a line never be longer than the program reads at once.
package keychain

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

// Name is how settings spell it.
const Name backend.Name = "keychain"

var about = backend.About{
	Name: Name, Title: "the macOS Keychain",
	Hints: backend.Hints{
		backend.Locked: "unlock it: security unlock-keychain\n" +
			"if macOS asks, choose Always Allow; over SSH and in services it can't ask\n" + backend.UseFile,
		backend.Denied: "delete the entries of dbxaccess in the program Keychain Access, then dbxaccess login\n" + backend.UseFile,
		backend.Hung:   "macOS may be asking for the login password: answer its dialog, and try again\n" + backend.UseFile,
	},
	Hint: "look whether it works by itself: security show-keychain-info\n" + backend.UseFile,
}

// Backend is the one of macOS.
var Backend = backend.Descriptor{
	About: &about, Systems: []string{"darwin"}, Auto: true,
	PartSize: partSize,
	// For a person who is asked for the login password, which may happen in a helper too. Where no dialog can be shown,
	// macOS says so at once. It is less than what SDKs give their helpers.
	Timeout: 40 * time.Second,
	EndWait: time.Second,
	Open: func(c backend.Config) (backend.Backend, error) {
		return New("/usr/bin/security", c.Service, c.Waiting), nil
	},
}

const (
	// maxLine is what security reads of a line on its stdin, its end included; the rest would be the next command
	// (MAX_LINE_LEN in https://github.com/apple-oss-distributions/SecurityTool, security.c).
	maxLine = 4095
	// partSize in base64 leaves a line 495 bytes for all else: names of 63 and 216 bytes, a label, the options.
	partSize = 2700
	// encoded begins values that we wrote. security prints what is no plain text in hexadecimal digits, as the items are
	// that earlier builds with cgo wrote.
	encoded = "base64:"
)

// items are the generic passwords of one service.
type items struct {
	program string
	service string
	waiting func(doing string) (done func())
}

// New returns the items of a service; program is the path of security, and waiting tells a person that it is waited for.
func New(program, service string, waiting func(doing string) (done func())) backend.Backend {
	return &items{program, service, waiting}
}

func (k *items) Prepare(context.Context, string) error { return nil }

func (k *items) Get(ctx context.Context, name string) ([]byte, error) {
	out, err := k.run(ctx, "", "find-generic-password", "-s", k.service, "-a", name, "-w")
	if err != nil {
		return nil, err
	}
	value := strings.TrimSuffix(string(out), "\n")
	decode := hex.DecodeString
	if ours, ok := strings.CutPrefix(value, encoded); ok {
		value, decode = ours, base64.StdEncoding.DecodeString
	}
	data, err := decode(value)
	if err != nil {
		return nil, backend.Corrupt("it is not what this program wrote")
	}
	return data, nil
}

// Set hands the value over on stdin. An item of another program, which may not be changed, is replaced.
func (k *items) Set(ctx context.Context, name, label string, data []byte) error {
	line := fmt.Sprintf("add-generic-password -U -s %s -a %s -l %s -w %s%s\n",
		k.service, name, strconv.QuoteToASCII(label), encoded, base64.StdEncoding.EncodeToString(data))
	if len(line) > maxLine {
		return fmt.Errorf("an item of %d bytes is too long for the program security", len(data))
	}
	_, err := k.run(ctx, line, "-i")
	if errors.Is(err, errForeign) {
		if err := k.Remove(ctx, name); err != nil {
			return err
		}
		_, err = k.run(ctx, line, "-i")
	}
	return err
}

// Remove needs neither an unlocked Keychain nor leave to read the item.
func (k *items) Remove(ctx context.Context, name string) error {
	_, err := k.run(ctx, "", "delete-generic-password", "-s", k.service, "-a", name)
	return err
}

// List reads what the keychains tell of their items without being unlocked.
func (k *items) List(ctx context.Context) ([]string, error) {
	out, err := k.run(ctx, "", "dump-keychain")
	if errors.Is(err, keyring.ErrKeyNotFound) {
		return nil, nil // there is no item at all
	}
	if err != nil {
		return nil, err
	}
	return accountsOf(string(out), k.service), nil
}

// accountsOf are the accounts of a service's items in what dump-keychain prints, among those of all other programs.
func accountsOf(dump, wanted string) (names []string) {
	account, service := "", ""
	item := func() {
		if service == wanted && account != "" {
			names = append(names, account)
		}
		account, service = "", ""
	}
	for line := range strings.Lines(dump) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "keychain:"): // begins the next item
			item()
		case strings.HasPrefix(line, `"acct"`):
			account = attribute(line)
		case strings.HasPrefix(line, `"svce"`):
			service = attribute(line)
		}
	}
	item()
	return names
}

// attribute is the value in a line like `"acct"<blob>="value"`; "" for one that is no plain text, as ours are.
func attribute(line string) string {
	_, value, _ := strings.Cut(line, `>="`)
	return strings.TrimSuffix(value, `"`)
}
