package use

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/footprint"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// installShim is the one argument that is ours: the Databricks CLI has no such flag.
const installShim = "--install-shim"

// findDatabricks finds the Databricks CLI in PATH: a program of that name that is neither this one nor a shim.
func findDatabricks(path, self string) (string, error) {
	me, _ := os.Stat(self)
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue // what lies in the current directory is not meant
		}
		found, err := exec.LookPath(filepath.Join(dir, "databricks"))
		if err != nil || footprint.IsShim(found) {
			continue
		}
		if info, err := os.Stat(found); err == nil && !os.SameFile(info, me) {
			return found, nil
		}
	}
	return "", ui.Errorf("databricks-cli-missing", notFound, "the Databricks CLI is not in PATH: there is no program databricks").
		With(ui.Advice("install it: https://docs.databricks.com/dev-tools/cli/install"))
}

// writeShim writes a program databricks into a directory, for programs that start it by themselves.
func writeShim(env *cli.Env, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return ui.Errorf("shim-directory-missing", ui.Usage, "%s needs one directory, got %d", installShim, len(args)).
			With(ui.Command("dbxaccess databricks-cli " + installShim + " DIRECTORY"))
	}
	dir, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	helper, err := env.Helper()
	if err != nil {
		return err
	}
	name, text := "databricks", "#!/bin/sh\n# "+footprint.ShimMark+"\nexec "+ui.Quote(helper.Path)+" databricks-cli \"$@\"\n"
	if runtime.GOOS == "windows" {
		name, text = "databricks.cmd", "@rem "+footprint.ShimMark+"\r\n@\""+helper.Path+"\" databricks-cli %*\r\n"
	}
	path := filepath.Join(dir, name)
	if _, err := os.Lstat(path); err == nil && !footprint.IsShim(path) {
		return ui.Errorf("shim-place-taken", ui.Failed, "%s is there already, and is not of dbxaccess; it is left as it is", ui.Clean(path)).
			With(ui.Advice("name a directory of its own, as in: " + installShim + " ~/.local/share/dbxaccess/bin"))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	settings, err := env.Settings()
	if err != nil {
		return err
	}
	if err := footprint.Remember(settings.Dir, path); err != nil { // uninstall has to find it
		return err
	}
	if err := atomicfile.Write(path, []byte(text), 0o755); err != nil {
		return err
	}
	env.Console.Info("dbxaccess: wrote %s; put %s first in PATH: of make, of an IDE, or of your shell", ui.Clean(path), ui.Clean(dir))
	return nil
}
