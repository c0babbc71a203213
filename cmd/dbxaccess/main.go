// Command dbxaccess brokers short-lived AWS and Databricks credentials: one sign-in at the company's identity provider,
// roles by group, credentials in the OS keyring, and no static key anywhere.
//
// Package main holds one file per command. A command reads its flags, asks the broker, prints. What it may touch comes
// in through the app value; nothing here is global.
package main

import (
	"os"

	_ "github.com/dbxaccess/dbxaccess/internal/store/busguard" // before the keyring library dials D-Bus: see there
)

func main() { os.Exit(run(os.Args)) }
