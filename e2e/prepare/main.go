// Command prepare makes a machine ready for the end-to-end tests: it installs the Debian packages they need and puts
// MinIO, Dex, Nushell, a Windows of Wine's and clients into a cache. The first run takes some minutes, the next none. Run it in the e2e
// module:
//
//	go run ./prepare
//
// With -packages it installs the packages and builds nothing, which is all that the bench needs.
//
// DBXACCESS_E2E_CACHE moves the cache from the person's cache folder.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/provision"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "prepare: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	packagesOnly := flag.Bool("packages", false, "install the packages, build nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	if *packagesOnly {
		return provision.Install(ctx, os.Stderr)
	}
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	tools, err := provision.Prepare(ctx, root, os.Stderr)
	if err != nil {
		return err
	}
	fmt.Printf("dex           %s\nminio         %s\nnushell       %s\nnode modules  %s\ndatabricks go %s\n              %s\niam-simulate  %s\notelcol       %s\nwindows       %s\n",
		tools.Dex, tools.MinIO, tools.Nushell, tools.NodeModules, tools.DatabricksGo, tools.DatabricksGoOld, tools.IAMSimulate, tools.Otelcol, tools.Windows)
	return nil
}
