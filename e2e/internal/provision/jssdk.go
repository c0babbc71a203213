package provision

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

// jssdk installs what clients/jssdk needs, just as its lock file has it: the versions and the digests of all packages.
// The lock file names no registry, npm's own configuration does.
func jssdk(cache, root string) (build, error) {
	client := filepath.Join(root, "clients", "jssdk")
	lock, err := os.ReadFile(filepath.Join(client, "package-lock.json"))
	if err != nil {
		return build{}, err
	}
	return build{
		target: filepath.Join(cache, fmt.Sprintf("jssdk-%.6x", sha256.Sum256(lock)), "node_modules"),
		tool:   "npm",
		made:   "node_modules",
		files:  []string{filepath.Join(client, "package.json"), filepath.Join(client, "package-lock.json")},
		args: func(temporary string) (env, args []string) {
			return nil, []string{"ci", "--prefix", temporary, "--ignore-scripts", "--no-audit", "--no-fund"}
		},
	}, nil
}
