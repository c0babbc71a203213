// Package provision sees to it that a machine has what the end-to-end tests run against: Debian's packages, MinIO, Dex and
// clients in Go built from source, Nushell and what programs in JavaScript need from npm, at pinned versions.
//
// Prepare installs and builds what is missing and may take minutes, once; Find only looks, and says what to run where
// something is missing. Binaries go to a cache outside the tree, never into it. MinIO (AGPL), Dex and iam-simulate (AGPL)
// are programs of their own: nothing here links them.
package provision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Tools are the programs that Prepare put into the cache. The product's own tests find the shells there, too.
type Tools struct {
	Dex     string // absolute path
	MinIO   string // absolute path
	Nushell string // absolute path
	// NodeModules is the folder where Node finds what clients/node needs. Absolute path.
	NodeModules string
	// DatabricksGo is clients/databricksgo with the newest Databricks SDK for Go, and DatabricksGoOld with one that knows no
	// helper, only the metadata service. Absolute paths.
	DatabricksGo, DatabricksGoOld string
	// IAMSimulate is the folder where Node finds what clients/iamsimulate needs: an evaluator of IAM's rules, under the AGPL, and
	// therefore in a folder of its own. Absolute path.
	IAMSimulate string
	// MCP is the folder where Node finds what clients/mcp needs. Absolute path.
	MCP string
	// Otelcol is an OpenTelemetry collector that writes the logs it gets to stderr. Absolute path.
	Otelcol string
	// Windows is a prefix of Wine's with what its programs need, for others to be made from; "" where Wine can't run them. Absolute path.
	Windows string
}

// debian is a file, or a pattern of it, and the Debian package that holds it.
type debian struct{ file, name string }

// packages maps each file that the tests need, or a pattern of it, to the Debian package that holds it. The paths are absolute because
// another aws may come first in PATH; of npm and node any will do.
var packages = []debian{
	{"/usr/bin/gnome-keyring-daemon", "gnome-keyring"},
	{"/usr/bin/dbus-daemon", "dbus"},
	{"/usr/bin/aws", "awscli"},
	{"/usr/lib/python3/dist-packages/boto3", "python3-boto3"},
	{"/usr/bin/rclone", "rclone"},
	{"/usr/bin/keyctl", "keyutils"},
	{"/usr/sbin/sshd", "openssh-server"},
	{"/usr/bin/ssh", "openssh-client"},
	{"/usr/bin/unshare", "util-linux"},
	{"/usr/bin/setpriv", "util-linux"},
	{"/usr/bin/prlimit", "util-linux"},
	{"/usr/bin/pass", "pass"}, // and with it GnuPG
	{"/usr/bin/git", "git"},
	// Shells that evaluate what the product prints for them.
	{"/usr/bin/bash", "bash"},
	{"/usr/bin/dash", "dash"},
	{"/usr/bin/fish", "fish"},
	{"/usr/bin/zsh", "zsh"},
	{"/usr/bin/tcsh", "tcsh"},
	// What a release is packed for.
	{"/usr/bin/man", "man-db"},
	{"/usr/bin/rpm", "rpm"},
	// A program under exec that asks as SDKs do.
	{"/usr/bin/curl", "curl"},
	// What reads findings in CI.
	{"/usr/bin/jq", "jq"},
	// Another user's program.
	{"/usr/bin/python3", "python3"},
	{"npm", "npm"},
	{"node", "nodejs"},
	{"/usr/bin/chromium", "chromium"},
	{"/usr/lib/python3/dist-packages/ipykernel_launcher.py", "python3-ipykernel"}, // and with it Jupyter's client
	{"/usr/bin/direnv", "direnv"},
	{"/usr/sbin/rsyslogd", "rsyslog"},
	{"/usr/lib/*/rsyslog/lmnsd_ossl.so", "rsyslog-openssl"},
	// Without it every time zone is UTC.
	{"/usr/share/zoneinfo/Asia/Tokyo", "tzdata"},
	// What go test -race links with.
	{"/usr/bin/gcc", "gcc"},
	{"/usr/include/stdio.h", "libc6-dev"},
}

// hasWindows: Wine runs the programs of the processor that it runs on, and Debian's mingw makes them for this one.
const hasWindows = runtime.GOARCH == "amd64"

// needed are all packages that this machine has to have.
func needed() []debian {
	if !hasWindows {
		return packages
	}
	return slices.Concat(packages, []debian{{"/usr/lib/wine/wine64", "wine64"}, {"/usr/bin/x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64"}})
}

// Find returns the tools of the cache. Where a program is missing the error names it and the command that installs it.
// root is the folder of the e2e module.
func Find(ctx context.Context, root string) (Tools, error) {
	var missing []string
	for _, p := range needed() {
		if !installed(p.file) {
			missing = append(missing, p.file)
		}
	}
	builds, err := builds(ctx, root)
	if err != nil {
		return Tools{}, err
	}
	for _, b := range builds {
		if !exists(b.target) {
			missing = append(missing, b.target)
		}
	}
	if len(missing) > 0 {
		return Tools{}, fmt.Errorf("missing: %s; in the folder e2e, run: go run ./prepare", strings.Join(missing, ", "))
	}
	return toolsOf(builds), nil
}

// Prepare installs missing Debian packages (as root; anyone else gets the command as an error) and builds what the
// cache lacks. Two runs at once wait for each other. out receives the output of apt-get, go and npm.
func Prepare(ctx context.Context, root string, out io.Writer) (Tools, error) {
	if err := Install(ctx, out); err != nil {
		return Tools{}, err
	}
	builds, err := builds(ctx, root)
	if err != nil {
		return Tools{}, err
	}
	dir, err := cacheDir()
	if err != nil {
		return Tools{}, err
	}
	unlock, err := lock(ctx, dir)
	if err != nil {
		return Tools{}, fmt.Errorf("locking the cache: %w", err)
	}
	defer unlock()
	for _, b := range builds {
		if err := b.run(ctx, out); err != nil {
			return Tools{}, err
		}
	}
	return toolsOf(builds), nil
}

// Install installs the missing Debian packages, as Prepare does.
func Install(ctx context.Context, out io.Writer) error {
	var names []string
	for _, p := range needed() {
		if !installed(p.file) {
			names = append(names, p.name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	args := append([]string{"install", "-y", "--no-install-recommends"}, names...)
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("missing packages; run: sudo apt-get %s", strings.Join(args, " "))
	}
	err := command(ctx, out, "apt-get", args...).Run()
	if err == nil {
		return nil
	}
	// A fresh image has no package lists.
	if err := command(ctx, out, "apt-get", "update").Run(); err != nil {
		return fmt.Errorf("apt-get update: %w", err)
	}
	if err := command(ctx, out, "apt-get", args...).Run(); err != nil {
		return fmt.Errorf("apt-get %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// cacheDir is DBXACCESS_E2E_CACHE, else a folder of the person's cache.
func cacheDir() (string, error) {
	if dir := os.Getenv("DBXACCESS_E2E_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder, set DBXACCESS_E2E_CACHE: %w", err)
	}
	return filepath.Join(dir, "dbxaccess-e2e"), nil
}

// installed looks for a file, or in PATH for a name.
func installed(file string) bool {
	if filepath.IsAbs(file) {
		found, err := filepath.Glob(file)
		return err == nil && len(found) > 0
	}
	_, err := exec.LookPath(file)
	return err == nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
