package provision

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// node installs what the programs of a folder of clients need, just as its lock file has it: the versions and the digests of
// all packages. The lock file names no registry, npm's own configuration does. What is optional there is native code for speed.
func node(cache, root, folder string) (build, error) {
	client := filepath.Join(root, "clients", folder)
	files := []string{filepath.Join(client, "package.json"), filepath.Join(client, "package-lock.json")}
	digest, err := digest(files...)
	if err != nil {
		return build{}, err
	}
	return build{
		target: filepath.Join(cache, folder+"-"+digest, "node_modules"),
		tool:   "npm",
		made:   "node_modules",
		files:  files,
		args: func(temporary string) (env, args []string) {
			return nil, []string{"ci", "--prefix", temporary, "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"}
		},
	}, nil
}

// databricksGo builds clients/databricksgo with the version of the SDK that a go.mod of that folder names: one program, and no
// module can require two versions of another. tags are build tags.
func databricksGo(cache, root, modfile, tags string) (build, error) {
	client := filepath.Join(root, "clients", "databricksgo")
	var files []string
	for _, name := range []string{"main.go", "me.go", "me_old.go", modfile} {
		files = append(files, filepath.Join(client, name))
	}
	digest, err := digest(files...)
	if err != nil {
		return build{}, err
	}
	return build{
		target: filepath.Join(cache, "databricksgo-"+digest, "databricksgo"),
		dir:    client,
		tool:   "go",
		made:   "databricksgo",
		args: func(temporary string) (env, args []string) {
			return []string{"CGO_ENABLED=0"}, []string{
				"build", "-trimpath", "-ldflags", "-s -w", "-modfile", modfile, "-tags", tags,
				"-o", filepath.Join(temporary, "databricksgo"), ".",
			}
		},
	}, nil
}

// otelcol builds servers/otelcol, an OpenTelemetry collector of the modules that its go.mod names.
func otelcol(cache, root string) (build, error) {
	folder := filepath.Join(root, "servers", "otelcol")
	digest, err := digest(filepath.Join(folder, "main.go"), filepath.Join(folder, "go.mod"))
	if err != nil {
		return build{}, err
	}
	return build{
		target: filepath.Join(cache, "otelcol-"+digest, "otelcol"),
		dir:    folder,
		tool:   "go",
		made:   "otelcol",
		args: func(temporary string) (env, args []string) {
			return []string{"CGO_ENABLED=0"}, []string{"build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(temporary, "otelcol"), "."}
		},
	}, nil
}

// windows makes a prefix of Wine's, as servers/windows/make.sh has it.
func windows(cache, root string) (build, error) {
	folder := filepath.Join(root, "servers", "windows")
	var files []string
	for _, name := range []string{"make.sh", "bcryptprimitives.c", "patient.c"} {
		files = append(files, filepath.Join(folder, name))
	}
	digest, err := digest(files...)
	if err != nil {
		return build{}, err
	}
	return build{
		target: filepath.Join(cache, "windows-"+digest, "windows"),
		tool:   "sh",
		made:   "windows",
		files:  files,
		args: func(temporary string) (env, args []string) {
			return nil, []string{filepath.Join(temporary, "make.sh"), temporary}
		},
	}, nil
}

// digest is short for what the files hold, and part of the name of what is made from them.
func digest(files ...string) (string, error) {
	sum := sha256.New()
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(sum, f)
		_ = f.Close()
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%.6x", sum.Sum(nil)), nil
}
