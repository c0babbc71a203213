package use

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// maxBundle bounds a bundle's file, in bytes.
const maxBundle = 1 << 20

// bundle is what is read of a bundle of the Databricks CLI. https://docs.databricks.com/aws/en/dev-tools/bundles/settings
type bundle struct {
	Workspace bundleWorkspace `yaml:"workspace"`
	Targets   map[string]struct {
		Default   bool            `yaml:"default"`
		Workspace bundleWorkspace `yaml:"workspace"`
	} `yaml:"targets"`
}

type bundleWorkspace struct {
	Host    string `yaml:"host"`
	Profile string `yaml:"profile"`
}

// bundleNames is the workspace that the bundle of the current directory names for a target; nothing where there is none, or where it
// can't be read: the Databricks CLI says why.
func bundleNames(getenv func(string) string, target string) (host, profile string, err error) {
	data, err := bundleFile(getenv("DATABRICKS_BUNDLE_ROOT"))
	if err != nil || data == nil {
		return "", "", err
	}
	if target == "" {
		target = getenv("DATABRICKS_BUNDLE_TARGET")
	}
	w := workspaceIn(data, target)
	return w.Host, w.Profile, nil
}

// workspaceIn is the workspace that a bundle's file names for a target; "" is its default, or the only one.
func workspaceIn(data []byte, target string) bundleWorkspace {
	var b bundle
	if yaml.Unmarshal(data, &b) != nil {
		return bundleWorkspace{}
	}
	names := slices.Sorted(maps.Keys(b.Targets))
	for _, name := range names {
		if target == "" && (b.Targets[name].Default || len(names) == 1) {
			target = name
		}
	}
	if own := b.Targets[target].Workspace; own != (bundleWorkspace{}) {
		return own
	}
	return b.Workspace
}

// bundleFile finds a bundle as the Databricks CLI does: in the directory that is named, else in the current one or the nearest
// above it.
func bundleFile(root string) ([]byte, error) {
	dir := root
	if dir == "" {
		var err error
		if dir, err = os.Getwd(); err != nil {
			return nil, err
		}
	}
	for {
		for _, name := range []string{"databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"} {
			data, _, err := localfile.Read(filepath.Join(dir, name), maxBundle)
			if err == nil {
				return data, nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, nil
			}
		}
		if root != "" || dir == filepath.Dir(dir) {
			return nil, nil
		}
		dir = filepath.Dir(dir)
	}
}
