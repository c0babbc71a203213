package provision

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// build is one program of the cache and the command that makes it.
type build struct {
	target string   // where it ends up; there means done
	dir    string   // module that the go command runs in; "" for none
	tool   string   // go, npm or sh
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
	modules, err := node(cache, root, "node")
	if err != nil {
		return nil, err
	}
	simulate, err := node(cache, root, "iamsimulate")
	if err != nil {
		return nil, err
	}
	agents, err := node(cache, root, "mcp")
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
	collector, err := otelcol(cache, root)
	if err != nil {
		return nil, err
	}
	nushell := nushellPackage + runtime.GOARCH
	if runtime.GOARCH == "amd64" {
		nushell = nushellPackage + "x64"
	}
	all := []build{
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
		simulate,
		collector,
		agents,
	}
	if hasWindows {
		windows, err := windows(cache, root)
		if err != nil {
			return nil, err
		}
		all = append(all, windows)
	}
	return all, nil
}

func toolsOf(builds []build) Tools {
	tools := Tools{
		Dex: builds[0].target, MinIO: builds[1].target, Nushell: builds[2].target, NodeModules: builds[3].target,
		DatabricksGo: builds[4].target, DatabricksGoOld: builds[5].target, IAMSimulate: builds[6].target, Otelcol: builds[7].target, MCP: builds[8].target,
	}
	if hasWindows {
		tools.Windows = builds[9].target
	}
	return tools
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
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // apt-get, go, npm or sh
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = out, out
	return cmd
}
