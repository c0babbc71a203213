package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/99designs/keyring"
	"github.com/godbus/dbus"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/busguard"
	"github.com/dbxaccess/dbxaccess/internal/store/secretservice"
)

// busVerdict is what became of the session bus. Reading it here gives the environment its bus address back as soon as
// the keyring library is initialised, before main and before any child process: see package busguard.
var busVerdict = busguard.Restore()

// secretServiceItems are in an existing collection. Before each use of the library, ready checks that the collection is
// there and unlocked: the library would make a missing one, and have a locked one unlocked, each with a prompt that
// perhaps no one can answer.
type secretServiceItems struct {
	*library
	collection string // last element of its object path
	mayUnlock  bool   // a person may be asked, once
}

func openSecretService(c backend.Config) (backend.Backend, error) {
	config := keyring.Config{ServiceName: c.Service, LibSecretCollectionName: decodeElement(c.Place.Collection)}
	s := &secretServiceItems{
		library:    newLibrary(&secretServiceAbout, keyring.SecretServiceBackend, config),
		collection: c.Place.Collection, mayUnlock: c.Patience > 0,
	}
	s.around = func(ctx context.Context, use func() error) error {
		if err := s.ready(ctx); err != nil {
			return err
		}
		return busError(use())
	}
	return s, nil
}

func (s *secretServiceItems) Get(ctx context.Context, name string) ([]byte, error) {
	promptly, cancel := context.WithTimeout(ctx, backend.DefaultTimeout)
	defer cancel()
	if data, ok := s.read(promptly, name); ok {
		return data, nil
	}
	if err := promptly.Err(); err != nil {
		return nil, err
	}
	data, err := s.library.Get(ctx, name)
	// The library wraps values in JSON.
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, kind := errors.AsType[*json.UnmarshalTypeError](err)
	_, encoding := errors.AsType[base64.CorruptInputError](err)
	if syntax || kind || encoding {
		return nil, backend.Corrupt("it is not what the keyring library writes")
	}
	return data, err
}

// read is the short way. Anything but a clean answer is left to the library and to ready, which know what is wrong and what
// may be unlocked.
func (s *secretServiceItems) read(ctx context.Context, name string) ([]byte, bool) {
	conn, err := sessionBus()
	if err != nil {
		return nil, false
	}
	return secretservice.Read(ctx, conn, s.collection, name)
}

// ready checks that the collection exists and is unlocked, or may be unlocked by what comes next. That asks nobody, so a
// service that takes long for it hangs, however much time a person has for its prompt.
func (s *secretServiceItems) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, backend.DefaultTimeout)
	defer cancel()
	conn, err := sessionBus()
	if err != nil {
		return err
	}
	path := dbus.ObjectPath(secretservice.CollectionsPrefix + s.collection)
	var locked bool
	if err := property(ctx, conn, path, "org.freedesktop.Secret.Collection", "Locked", &locked); err != nil {
		return busError(fmt.Errorf("looking at the collection %q: %w", s.collection, err))
	}
	if locked && !s.mayUnlock {
		return secretServiceAbout.Unavailable(backend.Locked, nil)
	}
	s.mayUnlock = s.mayUnlock && !locked // once: a person who dismissed the prompt does not want another
	return nil
}

// sessionBus returns the connection that the library made while it was initialised. If it made none, this must not dial
// either: see package busguard.
func sessionBus() (*dbus.Conn, error) {
	if !slices.Contains(keyring.AvailableBackends(), keyring.SecretServiceBackend) {
		cause, why := backend.Absent, "no D-Bus session bus was found"
		switch busVerdict {
		case busguard.Hung:
			cause, why = backend.Hung, "the D-Bus session bus accepts connections and says nothing"
		case busguard.NotNeeded:
			why = "another keyring is recorded, so the session bus was left alone"
		case busguard.Kept:
			why = "the D-Bus session bus refused the connection"
		}
		return nil, secretServiceAbout.Unavailable(cause, errors.New(why))
	}
	return dbus.SessionBus()
}

// property reads a property of a basic D-Bus type.
func property(ctx context.Context, conn *dbus.Conn, path dbus.ObjectPath, iface, name string, into any) error {
	var value dbus.Variant
	call := conn.Object(secretservice.Name, path).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, iface, name)
	if err := call.Store(&value); err != nil {
		return err
	}
	return dbus.Store([]any{value.Value()}, into)
}

// findSecretService returns the collection that the alias "default" names, else "login". It starts the service if the
// bus can, creates nothing and never prompts.
func findSecretService(ctx context.Context) (place backend.Place, err error) {
	conn, err := sessionBus()
	if err != nil {
		return place, err
	}
	var collections []dbus.ObjectPath
	if err := property(ctx, conn, secretservice.Path, "org.freedesktop.Secret.Service", "Collections", &collections); err != nil {
		return place, busError(err)
	}
	service := conn.Object(secretservice.Name, secretservice.Path)
	for _, alias := range []string{"default", "login"} {
		var path dbus.ObjectPath
		call := service.CallWithContext(ctx, "org.freedesktop.Secret.Service.ReadAlias", 0, alias)
		if err := call.Store(&path); err != nil {
			return place, busError(err)
		}
		if element, ok := strings.CutPrefix(string(path), secretservice.CollectionsPrefix); ok && slices.Contains(collections, path) {
			return backend.Place{Collection: element}, nil
		}
	}
	if slices.Contains(collections, secretservice.CollectionsPrefix+"login") {
		return backend.Place{Collection: "login"}, nil
	}
	return place, secretServiceAbout.Unavailable(backend.Absent, errors.New("it has no default collection"))
}

// decodeElement decodes the escapes of an object path's element ("_20" for a space), as the library does before it
// compares names: a malformed one stays as it is.
func decodeElement(element string) string {
	if decoded, err := url.PathUnescape(strings.ReplaceAll(element, "_", "%")); err == nil {
		return decoded
	}
	return element
}

// busError finds the cause in an error of the bus or the service.
func busError(err error) error {
	e, ok := errors.AsType[dbus.Error](err)
	if p, isPointer := errors.AsType[*dbus.Error](err); isPointer {
		e, ok = *p, true
	}
	if !ok {
		return err
	}
	cause := backend.Failed
	switch name, ofBus := strings.CutPrefix(e.Name, "org.freedesktop.DBus.Error."); {
	case e.Name == "org.freedesktop.Secret.Error.IsLocked":
		return secretServiceAbout.Unavailable(backend.Locked, nil)
	case e.Name == "org.freedesktop.Secret.Error.NoSuchObject":
		cause = backend.Absent
	case !ofBus:
	case slices.Contains([]string{"UnknownObject", "UnknownMethod", "UnknownInterface", "ServiceUnknown", "NameHasNoOwner"}, name),
		strings.HasPrefix(name, "Spawn."): // the service can't be started
		cause = backend.Absent
	case name == "AccessDenied":
		cause = backend.Denied
	case slices.Contains([]string{"NoReply", "Timeout", "TimedOut"}, name):
		cause = backend.Hung
	}
	return secretServiceAbout.Unavailable(cause, err)
}
