// Command dbxaccess-admin is what platform engineers and auditors do with dbxaccess, on Databricks' and AWS's own SDKs.
// Its name is not typed: dbxaccess becomes it for the commands that it has, so that the program that SDKs start stays
// small.
package main

import (
	"os"

	_ "github.com/dbxaccess/dbxaccess/internal/store/busguard" // before the keyring library dials D-Bus: see there

	"github.com/dbxaccess/dbxaccess/internal/admincli"
	"github.com/dbxaccess/dbxaccess/internal/cli"
)

// version is set by the release build (-ldflags "-X main.version=v1.2.3").
var version string

func main() { os.Exit(cli.Main(os.Args, version, admincli.Commands())) }
