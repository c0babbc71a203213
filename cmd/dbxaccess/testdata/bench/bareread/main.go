// Command bareread reads one item from the Secret Service and nothing else: what any program must pay that keeps its
// secrets there. Its argument is the item's label, which the keyring library stores as the attribute "profile"; -labels
// lists the labels that there are.
package main

import (
	"fmt"
	"os"

	"github.com/godbus/dbus"
)

func main() {
	do := read
	if os.Args[1] == "-labels" {
		do = func(string) error { return labels() }
	}
	if err := do(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(label string) error {
	bus, err := dbus.SessionBus()
	if err != nil {
		return err
	}
	service := bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
	var (
		output  dbus.Variant
		session dbus.ObjectPath
	)
	if err := service.Call("org.freedesktop.Secret.Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&output, &session); err != nil {
		return err
	}
	var unlocked, locked []dbus.ObjectPath
	if err := service.Call("org.freedesktop.Secret.Service.SearchItems", 0, map[string]string{"profile": label}).Store(&unlocked, &locked); err != nil {
		return err
	}
	if len(unlocked) == 0 {
		return fmt.Errorf("no item %q", label)
	}
	var secret struct {
		Session     dbus.ObjectPath
		Parameters  []byte
		Value       []byte
		ContentType string
	}
	if err := bus.Object("org.freedesktop.secrets", unlocked[0]).Call("org.freedesktop.Secret.Item.GetSecret", 0, session).Store(&secret); err != nil {
		return err
	}
	_, err = os.Stdout.Write(secret.Value)
	return err
}

func labels() error {
	bus, err := dbus.SessionBus()
	if err != nil {
		return err
	}
	items, err := bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets/collection/login").GetProperty("org.freedesktop.Secret.Collection.Items")
	if err != nil {
		return err
	}
	for _, path := range items.Value().([]dbus.ObjectPath) {
		label, err := bus.Object("org.freedesktop.secrets", path).GetProperty("org.freedesktop.Secret.Item.Label")
		if err != nil {
			return err
		}
		fmt.Println(label.Value())
	}
	return nil
}
