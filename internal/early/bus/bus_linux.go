// Package bus gives the early answer where the credential lies in the Secret Service.
//
// It is initialised as soon as the D-Bus library is, which needs package net, and so before net/http, viper and the rest: see
// docs/decisions/047-early-answer.md. In comes the question that package early has left to it; out comes what early makes of the
// item. The connection is the one that the keyring library would make next, so where there is no answer nothing is dialled
// twice. It must never dial a bus that package busguard has not found alive, nor wait for it longer than patience.
package bus

import (
	"context"
	"time"

	"github.com/godbus/dbus"

	"github.com/dbxaccess/dbxaccess/internal/early"
	"github.com/dbxaccess/dbxaccess/internal/harden"
	"github.com/dbxaccess/dbxaccess/internal/store/busguard"
	"github.com/dbxaccess/dbxaccess/internal/store/secretservice"
)

// patience is for the three calls of a read, which take some milliseconds. A service that takes longer is left to the long path
// with its own deadline.
const patience = time.Second

func init() {
	early.Resume(func(collection, name string) ([]byte, bool) {
		if busguard.Found() != busguard.Kept {
			return nil, false
		}
		conn, err := dbus.SessionBus()
		if err != nil {
			return nil, false
		}
		harden.Process() // see early
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return secretservice.Read(ctx, conn, collection, name)
	})
}
