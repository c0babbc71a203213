package mcpinstall

import (
	"encoding/json"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/cli"
)

// keptFile is beside the settings.
const keptFile = "mcp-clients.json"

// installed is what undoing needs: what was put into a file, which names a program and variables and holds no secret.
type installed struct {
	Client   string `json:"client"`
	Inserted string `json:"inserted"`
	Made     bool   `json:"made,omitempty"` // the file was not there before
}

// kept is what was added to files.
type kept struct {
	path  string
	Files map[string]installed `json:"files"`
}

// keptIn reads it. What can't be read is as good as nothing: undoing then goes by the entry's name.
func keptIn(env *cli.Env) (*kept, error) {
	settings, err := env.Settings()
	if err != nil {
		return nil, err
	}
	k := &kept{path: filepath.Join(settings.Dir, keptFile)}
	if data, err := atomicfile.Read(k.path); err != nil || json.Unmarshal(data, k) != nil || k.Files == nil {
		k.Files = map[string]installed{}
	}
	return k, nil
}

func (k *kept) keep(file string, what installed) error {
	k.Files[file] = what
	return k.write()
}

func (k *kept) forget(file string) error {
	if _, there := k.Files[file]; !there {
		return nil
	}
	delete(k.Files, file)
	return k.write()
}

func (k *kept) write() error {
	data, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteOwn(k.path, append(data, '\n'), 0o600)
}
