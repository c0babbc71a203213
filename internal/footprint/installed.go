package footprint

import (
	"encoding/json"
	"path/filepath"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/kernelspec"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

const (
	installedFile = "installed.json"
	maxInstalled  = 256 << 10
	mostInstalled = 500 // paths; what is written further is found where it usually is, or not
)

// installed is what was written where nobody would look for it.
type installed struct {
	Paths []string `json:"paths"`
}

// Remember notes in the settings directory that a program or kernel was written at a path, which may be anywhere.
func Remember(dir, path string) error {
	_, err := atomicfile.Update(filepath.Join(dir, installedFile), 0o600, func(old []byte) ([]byte, error) {
		var now installed
		_ = json.Unmarshal(old, &now) // a damaged one is begun anew
		if slices.Contains(now.Paths, path) || len(now.Paths) >= mostInstalled {
			return old, nil
		}
		now.Paths = append(now.Paths, path)
		data, err := json.MarshalIndent(now, "", "  ")
		return append(data, '\n'), err
	})
	return err
}

// Remembered are those paths. They are looked at before anything is done to them.
func Remembered(dir string) []string {
	var now installed
	data, _, err := localfile.ReadTrusted(filepath.Join(dir, installedFile), maxInstalled)
	if err != nil || json.Unmarshal(data, &now) != nil {
		return nil
	}
	return slices.DeleteFunc(now.Paths, func(path string) bool { return !filepath.IsAbs(path) })
}

// Kernels are ours in the directories where Jupyter looks, and at the paths that were remembered.
func (p Places) Kernels(remembered []string) (items []Item) {
	dirs := kernelspec.Dirs(p.Getenv, p.Home)
	for _, path := range remembered {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, dir := range dirs {
		for _, k := range kernelspec.List([]string{dir}) {
			if !has(items, k.Dir) {
				items = append(items, Item{Kind: Kernel, Path: k.Dir, Name: k.Name, What: "a kernel that runs under " + k.Role, remove: k.Remove})
			}
		}
	}
	return items
}
