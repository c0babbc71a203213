// Command notices writes the licences and notices of what the released programs are linked with, which have to go along with them.
//
// In come this module's two programs, for each system that they are released for; out goes one file with each text once, and above it the
// modules and versions that it came with, Go itself among them. The same go.mod and the same Go give the same file. It must never leave
// a module out: one without a licence is an error. That the licences are such as we may link is a test's to say, in cmd/dbxaccess.
//
//	go run -C e2e ./notices -C .. -o ../bin/THIRD-PARTY-LICENSES.txt
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "notices: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	dir := flag.String("C", ".", "the module's folder")
	out := flag.String("o", "", "the file to write")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		return errors.New("usage: notices [-C FOLDER] -o FILE")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	all, err := linked(ctx, *dir, []string{"./cmd/dbxaccess", "./cmd/dbxaccess-admin"})
	if err != nil {
		return err
	}
	text, err := page(all)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(*out), 0o755); err != nil { //nolint:gosec // nothing in it is secret
		return err
	}
	return os.WriteFile(*out, text, 0o644) //nolint:gosec // everybody may read it
}
