package footprint

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/mcpclients"
)

// serversFile is beside the settings.
const serversFile = "mcp-clients.json"

// ServerEntry is what undoing needs: what was put into a file, which names a program and variables and holds no secret.
type ServerEntry struct {
	Client   string `json:"client"`
	Inserted string `json:"inserted"`
	Made     bool   `json:"made,omitempty"` // the file was not there before
}

// Servers are the entries that were added to the configuration of MCP clients, by file.
type Servers struct {
	path  string
	Files map[string]ServerEntry `json:"files"`
}

// ServersIn reads what a settings directory says of them. What can't be read is as good as nothing: undoing then goes by the entry's
// name.
func ServersIn(dir string) *Servers {
	s := &Servers{path: filepath.Join(dir, serversFile)}
	if data, err := atomicfile.Read(s.path); err != nil || json.Unmarshal(data, s) != nil || s.Files == nil {
		s.Files = map[string]ServerEntry{}
	}
	return s
}

// Keep notes what was put into a file.
func (s *Servers) Keep(file string, what ServerEntry) error {
	s.Files[file] = what
	return s.write()
}

// Forget notes that nothing of it is there any more.
func (s *Servers) Forget(file string) error {
	if _, there := s.Files[file]; !there {
		return nil
	}
	delete(s.Files, file)
	return s.write()
}

func (s *Servers) write() error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteOwn(s.path, append(data, '\n'), 0o600)
}

// Edit edits a client's file as it is now: its client may have written it since it was read. plan is what was done in the end.
func Edit(file string, mode os.FileMode, edit func([]byte) (*mcpclients.Plan, error)) (plan *mcpclients.Plan, err error) {
	_, err = atomicfile.Update(file, mode, func(old []byte) ([]byte, error) {
		if plan, err = edit(old); err != nil {
			return nil, err
		}
		return plan.After, nil
	})
	return plan, err
}

// RemoveEmptied removes a file that was made for our entry and has nothing else in it.
func RemoveEmptied(file string, made bool, plan *mcpclients.Plan) error {
	info, err := os.Lstat(file)
	if !made || len(plan.After) > 0 || err != nil || !info.Mode().IsRegular() || info.Size() > 0 {
		return nil //nolint:nilerr // it stays, empty
	}
	return os.Remove(file)
}

// List lists the entries that are there: those that were noted, and those in the clients' own files. One in a file that can't be read for
// certain is listed where it was noted, so that its removal says so.
func (s *Servers) List(p Places) (items []Item) {
	files := map[string]*mcpclients.Client{}
	for file, entry := range s.Files {
		if c, err := mcpclients.Find(entry.Client); err == nil && filepath.IsAbs(file) {
			files[file] = c
		}
	}
	if p.Home != "" {
		at := mcpclients.Places{Home: p.Home, Getenv: p.Getenv, Exists: func(path string) bool { _, err := os.Lstat(path); return err == nil }}
		for _, c := range mcpclients.All() {
			files[c.UserFile(at)] = &c
		}
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		c, noted := files[file], s.Files[file]
		data, err := atomicfile.Read(file)
		if err != nil || data == nil {
			continue
		}
		plan, err := c.Remove(file, data, noted.Inserted)
		if err != nil && noted.Client == "" || err == nil && plan.Diff == "" {
			continue
		}
		items = append(items, Item{Kind: Server, Path: file, Name: mcpclients.Name, What: "the MCP server that " + c.Title + " starts", remove: func() error {
			plan, err := Edit(file, 0o600, func(old []byte) (*mcpclients.Plan, error) { return c.Remove(file, old, noted.Inserted) })
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			return errors.Join(s.Forget(file), RemoveEmptied(file, noted.Made, plan))
		}})
	}
	return items
}
