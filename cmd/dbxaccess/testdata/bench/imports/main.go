// Command imports links what the product links and does nothing: what is above it is our own work.
package main

import (
	"os"

	_ "github.com/mdp/qrterminal/v3"
	_ "github.com/spf13/cobra"

	_ "github.com/dbxaccess/dbxaccess/internal/broker"
	_ "github.com/dbxaccess/dbxaccess/internal/config"
	_ "github.com/dbxaccess/dbxaccess/internal/profiles"
	_ "github.com/dbxaccess/dbxaccess/internal/store/busguard"
)

func main() { _, _ = os.Stdout.WriteString("hello\n") }
