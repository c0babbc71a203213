// Package footprint knows what dbxaccess leaves on a person's machine, and takes it away.
//
// In come the settings directory and the places where other programs keep their configuration; out come items: what each
// is, where it is, and whether it is a secret, a proof, or the person's own. What is in the keyring and in the profile
// files their packages know, and the command adds it. The package must never take away what it can't tell to be ours, nor
// follow a link out of a directory that is.
package footprint

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Kind is what an item is, as JSON has it.
type Kind string

// The kinds, in the order in which people see them.
const (
	Server     Kind = "mcp-entry"  // of dbxaccess in the configuration of a coding agent or an editor
	Kernel     Kind = "kernel"     // of Jupyter, which runs under a role
	Shim       Kind = "shim"       // a program databricks that starts dbxaccess
	Completion Kind = "completion" // a file of a shell
	Profile    Kind = "profile"    // an entry in a config file of AWS or Databricks
	Session    Kind = "session"    // sign-ins and credentials, and what says where they are
	Cache      Kind = "cache"      // is fetched or found again
	State      Kind = "state"      // what was done or decided here
	Map        Kind = "map"        // the copy of the access map, and what was agreed to
	Settings   Kind = "settings"   // the person's
	Lock       Kind = "lock"       // files that processes wait for one another by
	Record     Kind = "record"     // of what was issued: a proof
	MovedKeys  Kind = "moved-keys" // static keys that were moved out of use
	Program    Kind = "program"    // dbxaccess itself
	ShellLine  Kind = "shell-line" // in a file that a shell reads as it starts
	Foreign    Kind = "not-ours"   // in a directory of ours, and not written by dbxaccess
)

// Item is one thing.
type Item struct {
	Kind Kind   `json:"kind"`
	Path string `json:"path"`           // of the file or directory, or the name of the keyring
	Name string `json:"name,omitempty"` // of the entry in it; "" for all of it
	What string `json:"what"`           // in words; not clean where it came from elsewhere

	remove func() error
}

// Remove takes it away; nothing happens where it is gone, or where only a person can do it.
func (i Item) Remove() error {
	if i.remove == nil {
		return nil
	}
	if err := i.remove(); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// contents are the names in the settings directory.
var contents = map[string]struct {
	kind Kind
	what string
}{
	"config.yaml":         {Settings, "your settings"},
	"map.yaml":            {Map, "the copy of the access map"},
	"map.json":            {Map, "where the access map came from, and what you agreed to"},
	"map-compared.json":   {Cache, "when the access map was last compared with its source"},
	"keyring.json":        {Session, "which keyring is in use"},
	"keyring":             {Session, "sign-ins and credentials, encrypted with a passphrase"},
	"keyring-former.json": {Cache, "which keyring was in use until you signed out"},
	"profiles.json":       {State, "which profile entries were written for which map"},
	"mcp-clients.json":    {State, "what was added to the configuration of coding agents"},
	"installed.json":      {State, "which programs and kernels were written where"},
	"recent-roles.json":   {Cache, "which roles you chose last"},
	"leases.json":         {State, "what coding agents hold, and until when"},
	"agents":              {State, "which coding agents are revoked, and what they were issued"},
	"verify":              {Cache, "what workspace verify saw last"},
	"audit":               {Record, "the record of what was issued to whom"},
	"ship":                {Record, "how far the record was sent to its sinks"},
	"moved-keys":          {MovedKeys, "static keys that doctor --secrets --fix took out of use"},
	".locks":              {Lock, "locks"},
}

// InSettings lists what is in the settings directory, by name.
func InSettings(dir string) ([]Item, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var items []Item
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		known, ours := contents[entry.Name()]
		switch {
		case ours:
			items = append(items, whole(known.kind, path, known.what))
		case isStaged(entry.Name()):
			items = append(items, whole(Cache, path, "half a file that a killed process left"))
		default:
			items = append(items, Item{Kind: Foreign, Path: path, What: "dbxaccess did not write this"})
		}
	}
	return items, err
}

// isStaged reports whether a name is that of a file that is being written: see package atomicfile.
func isStaged(name string) bool {
	return strings.HasPrefix(name, ".") && strings.Contains(name, ".dbxaccess-")
}

// whole is a file, or a directory with all that is in it. A link is taken away, and not what it leads to.
func whole(kind Kind, path, what string) Item {
	return Item{Kind: kind, Path: path, What: what, remove: func() error { return os.RemoveAll(path) }}
}

// RemoveEmpty removes a directory with nothing in it, unless it is a link.
func RemoveEmpty(dir string) {
	if info, err := os.Lstat(dir); err == nil && info.IsDir() {
		_ = os.Remove(dir)
	}
}

// Sort puts items into the order in which people see them, and in which they are taken away: what starts dbxaccess goes first, and what
// says where things are, last.
func Sort(items []Item) {
	order := []Kind{Server, Kernel, Shim, Completion, Profile, Lock, Cache, Session, Map, Record, State, Settings, MovedKeys, Foreign, ShellLine, Program}
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), strings.Compare(a.Path, b.Path), strings.Compare(a.Name, b.Name))
	})
}
