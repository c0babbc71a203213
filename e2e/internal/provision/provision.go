// Package provision sees to it that a machine has what the end-to-end tests run against: Debian's packages, MinIO, Dex and
// clients in Go built from source, Nushell and what clients in JavaScript need from npm, at pinned versions.
//
// Prepare installs and builds what is missing and may take minutes, once; Find only looks, and says what to run where
// something is missing. Binaries go to a cache outside the tree, never into it. MinIO (AGPL) and Dex are programs of
// their own: nothing here links them.
package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	minioPackage = "github.com/minio/minio"
	minioVersion = "v0.0.0-20260212201848-7aac2a2c5b7c"
	dexModule    = "github.com/dexidp/dex"
	dexPackage   = "github.com/dexidp/dex/cmd/dex"
	// Debian has no Nushell. The package for a platform holds the released binary and runs nothing when it is
	// installed.
	nushellPackage = "@nushell/linux-"
	nushellVersion = "0.115.1"
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
}

// packages maps each file that the tests need to the Debian package that holds it. The paths are absolute because
// another aws may come first in PATH; of npm and node any will do.
var packages = []struct{ file, name string }{
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
	// A program under exec that asks as SDKs do.
	{"/usr/bin/curl", "curl"},
	// Another user's program.
	{"/usr/bin/python3", "python3"},
	{"npm", "npm"},
	{"node", "nodejs"},
	{"/usr/bin/chromium", "chromium"},
	{"/usr/lib/python3/dist-packages/ipykernel_launcher.py", "python3-ipykernel"}, // and with it Jupyter's client
	{"/usr/bin/direnv", "direnv"},
	// Without it every time zone is UTC.
	{"/usr/share/zoneinfo/Asia/Tokyo", "tzdata"},
	// What go test -race links with.
	{"/usr/bin/gcc", "gcc"},
	{"/usr/include/stdio.h", "libc6-dev"},
}

// Find returns the tools of the cache. Where a program is missing the error names it and the command that installs it.
// root is the folder of the e2e module.
func Find(ctx context.Context, root string) (Tools, error) {
	var missing []string
	for _, p := range packages {
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
	for _, p := range packages {
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

// build is one program of the cache and the command that makes it.
type build struct {
	target string   // where it ends up; there means done
	dir    string   // module that the go command runs in; "" for none
	tool   string   // go or npm
	made   string   // where the command leaves the program, below the temporary folder
	files  []string // copied to the temporary folder before
	args   func(temporary string) (env, args []string)
}

func builds(ctx context.Context, root string) ([]build, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	servers := filepath.Join(root, "servers")
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", dexModule)
	list.Dir = servers
	var stderr bytes.Buffer
	list.Stderr = &stderr
	version, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("reading the version of Dex: %w: %s", err, stderr.String())
	}
	modules, err := node(cache, root)
	if err != nil {
		return nil, err
	}
	databricks, err := databricksGo(cache, root, "go.mod", "")
	if err != nil {
		return nil, err
	}
	oldDatabricks, err := databricksGo(cache, root, "old.mod", "old")
	if err != nil {
		return nil, err
	}
	nushell := nushellPackage + runtime.GOARCH
	if runtime.GOARCH == "amd64" {
		nushell = nushellPackage + "x64"
	}
	return []build{
		{
			target: filepath.Join(cache, "dex-"+strings.TrimSpace(string(version)), "dex"),
			dir:    servers,
			tool:   "go",
			made:   "dex",
			args: func(temporary string) (env, args []string) {
				return []string{"CGO_ENABLED=0"},
					[]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(temporary, "dex"), dexPackage}
			},
		},
		{
			target: filepath.Join(cache, "minio-"+minioVersion, "minio"),
			tool:   "go",
			made:   "minio",
			args: func(temporary string) (env, args []string) {
				return []string{"GOBIN=" + temporary},
					[]string{"install", "-trimpath", "-ldflags", "-s -w", minioPackage + "@" + minioVersion}
			},
		},
		{
			target: filepath.Join(cache, "nushell-"+nushellVersion, "nu"),
			tool:   "npm",
			made:   filepath.Join("node_modules", nushell, "bin", "nu"),
			args: func(temporary string) (env, args []string) {
				return nil, []string{
					"install", "--prefix", temporary, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", nushell + "@" + nushellVersion,
				}
			},
		},
		modules,
		databricks,
		oldDatabricks,
	}, nil
}

func toolsOf(builds []build) Tools {
	return Tools{
		Dex: builds[0].target, MinIO: builds[1].target, Nushell: builds[2].target, NodeModules: builds[3].target,
		DatabricksGo: builds[4].target, DatabricksGoOld: builds[5].target,
	}
}

// run builds beside the target and renames, so that a build that was cut short never looks like a finished one.
func (b build) run(ctx context.Context, out io.Writer) error {
	if exists(b.target) {
		return nil
	}
	name := filepath.Base(filepath.Dir(b.target)) // with the version
	_, _ = fmt.Fprintf(out, "making %s, once\n", name)
	if err := os.MkdirAll(filepath.Dir(b.target), 0o700); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(b.target), "build-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	for _, file := range b.files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(temporary, filepath.Base(file)), data, 0o600); err != nil {
			return err
		}
	}
	env, args := b.args(temporary)
	cmd := command(ctx, out, b.tool, args...)
	cmd.Dir = b.dir
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("making %s: %w", name, err)
	}
	return os.Rename(filepath.Join(temporary, b.made), b.target)
}

func command(ctx context.Context, out io.Writer, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // apt-get, go or npm
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = out, out
	return cmd
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
		return exists(file)
	}
	_, err := exec.LookPath(file)
	return err == nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
