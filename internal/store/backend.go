package store

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Backend names a kind of keyring, as settings and the recorded selection spell it.
type Backend string

const (
	// Auto lets Resolve choose. A Store is never opened with it.
	Auto Backend = "auto"
	// SecretService is the desktop's keyring on Linux (GNOME Keyring, KWallet, KeePassXC), over D-Bus.
	SecretService Backend = "secret-service"
	// Keychain is that of macOS.
	Keychain Backend = "keychain"
	// CredentialManager is that of Windows.
	CredentialManager Backend = "credential-manager" //nolint:gosec // a name
	// Kernel is the user keyring of the Linux kernel: in memory only, gone after a reboot or the last logout.
	Kernel Backend = "kernel"
	// File is a directory of files encrypted with a passphrase (PBES2-HS256+A128KW, A256GCM).
	File Backend = "file"
	// Pass is a password store (https://www.passwordstore.org): files encrypted by GnuPG, through the program pass.
	Pass Backend = "pass"
)

// trait is what is known of a backend beforehand.
type trait struct {
	title   string              // as it stands in a sentence
	library keyring.BackendType // the library's name for it; "" where it isn't used
	systems []string            // values of GOOS it exists on; nil: everywhere
	// partSize bounds one item in bytes; longer values are stored in parts. 0: no bound worth minding.
	partSize int
}

var traits = map[Backend]trait{
	SecretService: {title: "the Secret Service", library: keyring.SecretServiceBackend, systems: []string{"linux"}},
	Keychain:      {title: "the macOS Keychain", library: keyring.KeychainBackend, systems: []string{"darwin"}},
	// CRED_MAX_CREDENTIAL_BLOB_SIZE is 5 * 512 bytes
	// (https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw).
	CredentialManager: {
		title: "the Windows Credential Manager", library: keyring.WinCredBackend, systems: []string{"windows"}, partSize: 2500,
	},
	// A key of type "user" holds 32,767 bytes (user-keyring(7), keyrings(7)).
	Kernel: {title: "the kernel keyring", library: keyring.KeyCtlBackend, systems: []string{"linux"}, partSize: 32000},
	File:   {title: "the encrypted file", library: keyring.FileBackend},
	Pass: {
		title: "the password store", systems: []string{"linux", "darwin", "freebsd", "openbsd", "netbsd", "dragonfly"},
	},
}

// String returns the name as settings spell it.
func (b Backend) String() string { return string(b) }

// title is the name as it stands in a sentence.
func (b Backend) title() string {
	if b == Memory {
		return "this process's memory"
	}
	return traits[b].title
}

// ParseBackend reads a name from a setting or a flag; "" is Auto. Anything unknown is an error that lists the names.
func ParseBackend(name string) (Backend, error) {
	b := Backend(name)
	if _, known := traits[b]; known || b == Auto {
		return b, nil
	}
	if name == "" {
		return Auto, nil
	}
	names := []string{string(Auto)}
	for known := range traits {
		names = append(names, string(known))
	}
	slices.Sort(names)
	return "", ui.Fault(ui.Usage, "the keyrings are: "+strings.Join(names, ", "), "unknown keyring %q", ui.Clean(name))
}

// supported tells why a known backend can't be used by this program on this system, or nil.
func (b Backend) supported() error {
	t := traits[b]
	if t.systems != nil && !slices.Contains(t.systems, runtime.GOOS) {
		return unavailable(b, Unsupported, fmt.Errorf("it does not exist on this system (%s)", runtime.GOOS))
	}
	if b == Keychain && !slices.Contains(keyring.AvailableBackends(), t.library) {
		return unavailable(b, Unsupported, errors.New("this program was built without cgo, which the Keychain needs"))
	}
	return nil
}
