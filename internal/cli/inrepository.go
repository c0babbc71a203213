package cli

import (
	"os"
	"path"
	"path/filepath"
)

// InRepository names a file for those who look at it elsewhere: by its path below the working directory, which in CI is the
// repository's, with slashes. Of what is not below it the last element is enough: a path of this machine would mean nothing elsewhere, and
// code scanning wants a relative one.
func InRepository(file string) string {
	here, err := os.Getwd()
	if err == nil && !filepath.IsAbs(file) {
		file = filepath.Join(here, file)
	}
	if relative, wrong := filepath.Rel(here, file); err == nil && wrong == nil && filepath.IsLocal(relative) {
		return filepath.ToSlash(relative)
	}
	return path.Base(filepath.ToSlash(file))
}
