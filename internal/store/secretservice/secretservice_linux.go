// Package secretservice reads an item from the desktop's keyring on Linux, over a D-Bus connection that is there.
//
// In come the connection, the collection and the item's name; out come the bytes that were stored. It must never unlock, make or
// change anything, nor ask anybody: package store does that, where a person is there. It is of the packages that a warm answer is
// made of, so it must not import what is initialised late, such as net/url or the keyring library.
package secretservice

import (
	"context"

	"github.com/godbus/dbus"

	"github.com/dbxaccess/dbxaccess/internal/store/format"
)

// Names of the Secret Service API (https://specifications.freedesktop.org/secret-service-spec/latest/).
const (
	Name              = "org.freedesktop.secrets"
	Path              = dbus.ObjectPath("/org/freedesktop/secrets")
	CollectionsPrefix = "/org/freedesktop/secrets/collection/"
)

// Read returns what the keyring library has stored under a name in a collection, given as the last element of its object path.
// It takes three calls where the library makes seven, which is what a warm start waits for. ok is false for anything but a
// clean answer: the caller's longer way finds out what is wrong, and what may be unlocked.
func Read(ctx context.Context, conn *dbus.Conn, collection, name string) (data []byte, ok bool) {
	var (
		output  dbus.Variant
		session dbus.ObjectPath
		items   []dbus.ObjectPath
		secret  struct {
			Session     dbus.ObjectPath
			Parameters  []byte
			Value       []byte
			ContentType string
		}
	)
	call := func(path dbus.ObjectPath, method string, args ...any) *dbus.Call {
		return conn.Object(Name, path).CallWithContext(ctx, "org.freedesktop.Secret."+method, 0, args...)
	}
	// The library searches by this attribute too, and uses the first item.
	attributes := map[string]string{"profile": name}
	if call(Path, "Service.OpenSession", "plain", dbus.MakeVariant("")).Store(&output, &session) != nil ||
		call(dbus.ObjectPath(CollectionsPrefix+collection), "Collection.SearchItems", attributes).Store(&items) != nil ||
		len(items) == 0 ||
		call(items[0], "Item.GetSecret", session).Store(&secret) != nil {
		return nil, false
	}
	data, err := format.DataOf(secret.Value)
	return data, err == nil
}
