// Package secretservice runs a private session bus and, on it, gnome-keyring, so that tests meet a real Secret Service
// and never the person's own.
package secretservice

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

const (
	service    = "org.freedesktop.secrets"
	root       = dbus.ObjectPath("/org/freedesktop/secrets")
	login      = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	patience   = time.Minute
	passphrase = "opens the login keyring"
)

// Nothing is started by the bus: a keyring that isn't there stays away.
const configuration = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// Bus is a running message bus with nobody on it.
type Bus struct {
	Address string // for DBUS_SESSION_BUS_ADDRESS
}

// StartBus starts a bus. It ends with the test.
func StartBus(t testing.TB) *Bus {
	t.Helper()
	// The path of a socket is short: 107 bytes at most.
	dir, err := os.MkdirTemp("", "bus-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	config := filepath.Join(dir, "session.conf")
	if err := os.WriteFile(config, []byte(strings.Replace(configuration, "SOCKET", socket, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p := process.Start(t, process.Program{
		Name: "dbus-daemon",
		Path: "/usr/bin/dbus-daemon",
		Args: []string{"--config-file=" + config, "--nofork", "--nopidfile"},
	})
	b := &Bus{Address: "unix:path=" + socket}
	p.Await(t, patience, func() bool {
		conn, err := dbus.Connect(b.Address)
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	})
	return b
}

// Unlocked starts gnome-keyring with the login keyring of a home folder, made where it is missing, and unlocks it.
func (b *Bus) Unlocked(t testing.TB, home string) *process.Process {
	t.Helper()
	p := b.start(t, home, "--unlock")
	b.await(t, p, unlocked)
	return p
}

// Locked starts gnome-keyring with the login keyring that an Unlocked one left in the home folder, and leaves it
// locked. Nobody is there to answer its prompt.
func (b *Bus) Locked(t testing.TB, home string) *process.Process {
	t.Helper()
	p := b.start(t, home)
	b.await(t, p, locked)
	return p
}

func (b *Bus) start(t testing.TB, home string, flags ...string) *process.Process {
	t.Helper()
	return process.Start(t, process.Program{
		Name: "gnome-keyring",
		Path: "/usr/bin/gnome-keyring-daemon",
		Args: append([]string{"--foreground", "--components=secrets"}, flags...),
		Env: []string{
			"PATH=/usr/bin:/bin", "HOME=" + home, "XDG_RUNTIME_DIR=" + t.TempDir(),
			"DBUS_SESSION_BUS_ADDRESS=" + b.Address,
		},
		Stdin: passphrase,
	})
}

type state int

const (
	absent state = iota
	locked
	unlocked
)

// await asks as one client until the login keyring is as wanted: the daemon has been seen to fall over an unknown client's first question.
func (b *Bus) await(t testing.TB, p *process.Process, want state) {
	t.Helper()
	conn := b.connect(t)
	defer func() { _ = conn.Close() }()
	p.Await(t, patience, func() bool { return stateOf(conn) == want })
}

func stateOf(conn *dbus.Conn) state {
	value, err := conn.Object(service, login).GetProperty("org.freedesktop.Secret.Collection.Locked")
	if err != nil {
		return absent
	}
	if isLocked, ok := value.Value().(bool); ok && !isLocked {
		return unlocked
	}
	return locked
}

// Item is what a Secret Service shows of an item without unlocking it.
type Item struct {
	Label      string
	Attributes map[string]string
}

// Items returns the items of every collection.
func (b *Bus) Items(t testing.TB) []Item {
	t.Helper()
	conn := b.connect(t)
	defer func() { _ = conn.Close() }()
	var items []Item
	for _, collection := range property[[]dbus.ObjectPath](t, conn, root, "Service.Collections") {
		for _, path := range property[[]dbus.ObjectPath](t, conn, collection, "Collection.Items") {
			items = append(items, Item{
				Label:      property[string](t, conn, path, "Item.Label"),
				Attributes: property[map[string]string](t, conn, path, "Item.Attributes"),
			})
		}
	}
	return items
}

func property[T any](t testing.TB, conn *dbus.Conn, path dbus.ObjectPath, name string) T {
	t.Helper()
	variant, err := conn.Object(service, path).GetProperty("org.freedesktop.Secret." + name)
	if err != nil {
		t.Fatalf("reading %s of %s: %v", name, path, err)
	}
	value, ok := variant.Value().(T)
	if !ok {
		t.Fatalf("%s of %s is a %s", name, path, variant.Signature())
	}
	return value
}

func (b *Bus) connect(t testing.TB) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		t.Fatalf("connecting to the bus: %v", err)
	}
	return conn
}
