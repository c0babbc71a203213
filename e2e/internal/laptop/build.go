package laptop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Build builds the product from source, root being its module's folder, and puts the binary where every user may run
// it: into dir, which is opened to all.
func Build(root, dir string) (binary string, err error) {
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // it holds a program and nothing else
		return "", err
	}
	binary = filepath.Join(dir, "dbxaccess")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-C", root, "-o", binary, "./cmd/dbxaccess") //nolint:gosec // our own path
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building dbxaccess: %w\n%s", err, output)
	}
	return binary, nil
}
