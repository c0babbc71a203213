package kernelspec

import (
	"cmp"
	"path/filepath"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// kernels is the directory of kernels below one of data.
const kernels = "kernels"

// Dirs are the directories in which Jupyter looks for kernels, in its order: those of JUPYTER_PATH, of the Python environment that is
// active, of the person, and of the machine. home may be "".
// https://docs.jupyter.org/en/stable/use/jupyter-directories.html
func Dirs(getenv func(string) string, home string) (dirs []string) {
	data := filepath.SplitList(getenv("JUPYTER_PATH"))
	if prefix := environment(getenv); prefix != "" {
		data = append(data, inPrefix(prefix))
	}
	if user := userData(getenv, home); user != "" {
		data = append(data, user)
	}
	if runtime.GOOS == "windows" {
		data = append(data, filepath.Join(getenv("PROGRAMDATA"), "jupyter"))
	} else {
		data = append(data, "/usr/local/share/jupyter", "/usr/share/jupyter")
	}
	for _, dir := range data {
		if filepath.IsAbs(dir) {
			dirs = append(dirs, filepath.Join(dir, kernels))
		}
	}
	return dirs
}

// UserDir is where a person's own kernels are.
func UserDir(getenv func(string) string, home string) (string, error) {
	data := userData(getenv, home)
	if !filepath.IsAbs(data) {
		return "", ui.Errorf("kernel-place-unknown", ui.Failed, "it is not known where your kernels of Jupyter are").
			With(ui.Advice("name the place with --prefix"))
	}
	return filepath.Join(data, kernels), nil
}

// EnvironmentDir is where the kernels of the active Python environment are, as jupyter --sys-prefix has it.
func EnvironmentDir(getenv func(string) string) (string, error) {
	prefix := environment(getenv)
	if prefix == "" {
		return "", ui.Errorf("python-environment-missing", ui.Usage, "no Python environment is active: neither VIRTUAL_ENV nor CONDA_PREFIX is set").
			With(ui.Advice("activate it, or name it with --prefix"))
	}
	return PrefixDir(prefix)
}

// PrefixDir is where kernels are below a prefix, such as that of a Python environment.
func PrefixDir(prefix string) (string, error) {
	prefix, err := filepath.Abs(prefix)
	return filepath.Join(inPrefix(prefix), kernels), err
}

func environment(getenv func(string) string) string {
	return cmp.Or(getenv("VIRTUAL_ENV"), getenv("CONDA_PREFIX"))
}

func inPrefix(prefix string) string { return filepath.Join(prefix, "share", "jupyter") }

// userData is Jupyter's own rule for each system; "" where it is not known.
func userData(getenv func(string) string, home string) string {
	if dir := getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir
	}
	switch {
	case runtime.GOOS == "windows" && getenv("APPDATA") != "":
		return filepath.Join(getenv("APPDATA"), "jupyter")
	case home == "":
		return ""
	case runtime.GOOS == "windows":
		return filepath.Join(home, ".jupyter", "data")
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Jupyter")
	}
	return filepath.Join(cmp.Or(getenv("XDG_DATA_HOME"), filepath.Join(home, ".local", "share")), "jupyter")
}
