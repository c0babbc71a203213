package laptop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Build builds a command of a module, and puts the binary where every user may run it: into dir, which is opened to
// all. module is the module's folder, pkg the package's path in it, and system where it is to run, as Go calls that.
func Build(module, pkg, dir, system string) (binary string, err error) {
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // it holds programs and nothing else
		return "", err
	}
	binary = filepath.Join(dir, filepath.Base(pkg))
	if system == "windows" {
		binary += ".exe"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-C", module, "-trimpath", "-o", binary, pkg) //nolint:gosec // our own paths
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system)                              // as it is released
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, output)
	}
	return binary, nil
}
