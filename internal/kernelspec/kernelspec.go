// Package kernelspec reads and writes the files by which Jupyter knows how kernels are started.
//
// In comes the name of a kernel and a command to start it by; out comes a kernel of another name that is started by that command. A
// kernel that this program did not write must never be replaced or removed unasked, and one that another user could have written
// never be started by what we write: it would run with this user's credentials.
//
// https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs
package kernelspec

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	fileName = "kernel.json"
	maxSpec  = 256 << 10 // bytes
	maxName  = 100       // characters
	// mark is the member of a kernel's metadata that is ours; Jupyter asks that tools put theirs under a name of their own.
	mark = "dbxaccess"
)

// Kernel is a kernel that is installed.
type Kernel struct {
	Name        string
	Dir         string // its own directory
	DisplayName string
	Role        string   // "" for one that is not of dbxaccess
	Argv        []string // how it is started

	members map[string]json.RawMessage
}

// Find finds a kernel by its name in the first of the directories that has it (see Dirs); nil where none has.
func Find(dirs []string, name string) (*Kernel, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		k, err := read(filepath.Join(dir, name))
		if !errors.Is(err, fs.ErrNotExist) {
			return k, err
		}
	}
	return nil, nil
}

// List lists the kernels of dbxaccess in these directories. What can't be read is not among them.
func List(dirs []string) (ours []*Kernel) {
	seen := map[string]bool{}
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			if k, err := read(filepath.Join(dir, entry.Name())); err == nil && k.Role != "" && !seen[k.Name] {
				seen[k.Name] = true
				ours = append(ours, k)
			}
		}
	}
	slices.SortFunc(ours, func(a, b *Kernel) int { return strings.Compare(a.Name, b.Name) })
	return ours
}

func read(dir string) (*Kernel, error) {
	path := filepath.Join(dir, fileName)
	data, _, err := localfile.ReadTrusted(path, maxSpec)
	if err != nil {
		return nil, err
	}
	k := &Kernel{Name: filepath.Base(dir), Dir: dir}
	var metadata map[string]json.RawMessage
	var own struct{ Role string }
	if json.Unmarshal(data, &k.members) != nil || json.Unmarshal(k.members["argv"], &k.Argv) != nil || len(k.Argv) == 0 || k.Argv[0] == "" {
		return nil, ui.Errorf("kernel-damaged", ui.Failed, "%s does not say how the kernel is started (argv)", ui.Clean(path)).
			With(ui.Advice("install the kernel again, as with: python -m ipykernel install --user"))
	}
	_ = json.Unmarshal(k.members["display_name"], &k.DisplayName)
	_ = json.Unmarshal(k.members["metadata"], &metadata)
	_ = json.Unmarshal(metadata[mark], &own)
	k.Role = own.Role
	return k, nil
}

// Under makes a kernel of a name that starts this one by a command: its words come before those of this kernel. All else that the
// kernel says of itself stays. lookPath finds the kernel's program where it is named without a path; Jupyter would put its own Python
// in place of "python", and can't see it behind our command.
func (k *Kernel) Under(name, role string, command []string, lookPath func(string) (string, error)) (*Kernel, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if k.Role != "" {
		return nil, ui.Errorf("kernel-under-role", ui.Usage, "the kernel %s runs under the role %s already", k.Name, ui.Clean(k.Role)).
			With(ui.Advice("name the kernel that is below it: --kernel python3"))
	}
	program, err := lookPath(k.Argv[0])
	if err == nil && !filepath.IsAbs(program) {
		err = exec.ErrDot
	}
	if err != nil {
		return nil, ui.Errorf("kernel-program-missing", ui.Failed, "the program of the kernel %s can't be found: %w", k.Name, err).
			With(ui.Advice("install the kernel again, as with: python -m ipykernel install --user"))
	}
	under := &Kernel{
		Name: name, Role: role, DisplayName: k.DisplayName + " · " + role, members: maps.Clone(k.members),
		Argv: slices.Concat(command, []string{program}, k.Argv[1:]),
	}
	var metadata map[string]json.RawMessage
	_ = json.Unmarshal(k.members["metadata"], &metadata)
	metadata = maps.Clone(metadata)
	if metadata == nil {
		metadata = map[string]json.RawMessage{}
	}
	metadata[mark] = encode(map[string]string{"role": role, "kernel": k.Name})
	under.members["argv"], under.members["display_name"] = encode(under.Argv), encode(under.DisplayName)
	under.members["metadata"] = encode(metadata)
	return under, nil
}

// encode never fails: texts, lists and maps of them.
func encode(v any) json.RawMessage {
	data, _ := json.Marshal(v)
	return data
}

// Install writes a kernel below a directory of kernels, and sets where it is. One that is there and is not of dbxaccess is replaced
// with force alone.
func (k *Kernel) Install(kernels string, force bool) error {
	k.Dir = filepath.Join(kernels, k.Name)
	path := filepath.Join(k.Dir, fileName)
	if !force {
		present, err := read(k.Dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil, present.Role == "":
			return ui.Errorf("kernel-foreign", ui.Failed, "%s is there already, and is not of dbxaccess", ui.Clean(path)).
				With(ui.Advice("give the kernel another name with --name, or replace it with --force"))
		}
	}
	data, err := json.MarshalIndent(k.members, "", " ")
	if err != nil {
		return err
	}
	// Others may use a kernel that is installed for all, and there is no secret in it.
	if err := os.MkdirAll(k.Dir, 0o755); err != nil { //nolint:gosec // see above
		return notWritten(k.Dir, err)
	}
	return atomicfile.Write(path, append(data, '\n'), 0o644)
}

func notWritten(path string, err error) error {
	fix := localfile.Remedy(path, err)
	if fix == nil {
		fix = ui.Advice("name another place with --prefix")
	}
	return ui.Errorf("kernel-not-written", ui.Failed, "installing the kernel: %w", err).With(fix)
}

// Remove takes a kernel of dbxaccess away. What else was put into its directory stays, and so does the directory then.
func (k *Kernel) Remove() error {
	if err := os.Remove(filepath.Join(k.Dir, fileName)); err != nil {
		return notWritten(k.Dir, err)
	}
	_ = os.Remove(k.Dir) // unless something else is in it
	return nil
}

// checkName holds a kernel's name to what Jupyter takes: it is the name of a directory, too.
func checkName(name string) error {
	if name == "" || len(name) > maxName || !ui.IsPlain(name, "._-") || strings.Trim(name, ".") == "" {
		return ui.Errorf("kernel-name-wrong", ui.Usage, "%q is no name of a kernel: letters, digits, dots, hyphens and underscores", ui.Cut(ui.Clean(name), maxName)).
			With(ui.Advice("as in: --name ml-trainer"))
	}
	return nil
}
