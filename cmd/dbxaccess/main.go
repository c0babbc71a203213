// Command dbxaccess brokers short-lived AWS and Databricks credentials: one sign-in at the company's identity provider,
// roles by group, credentials in the OS keyring, and no static key anywhere. What it does stands in internal/cli.
package main

import (
	"os"

	_ "github.com/dbxaccess/dbxaccess/internal/early"          // answers from the cache before all else is initialised: see there
	_ "github.com/dbxaccess/dbxaccess/internal/early/bus"      // the same from the Secret Service, a little later
	_ "github.com/dbxaccess/dbxaccess/internal/store/busguard" // before the keyring library dials D-Bus: see there

	"github.com/dbxaccess/dbxaccess/internal/cli"
)

// version is set by the release build (-ldflags "-X main.version=v1.2.3").
var version string

func main() { os.Exit(cli.Main(os.Args, version, commands())) }
