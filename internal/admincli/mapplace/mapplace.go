// Package mapplace is where an access map stands, as commands of dbxaccess-admin and their findings name it.
//
// In comes a file that the person named, or none for the map in use; out come the map, its address for code scanning, and on which line
// what it has begins. It must never name a path of this machine to others.
package mapplace

import (
	"net/url"
	"path"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// Place is where a map stands.
type Place struct {
	File string // that it was parsed from
	From string // file or address that people keep it at
}

// Load parses a named file, else the map in use. Of a copy that `init` keeps, the place is where it came from.
func Load(env *cli.Env, file string) (*accessmap.Map, Place, error) {
	if file != "" {
		m, _, err := source.Load(file)
		return m, Place{file, file}, err
	}
	m, _, err := env.Map()
	if err != nil {
		return nil, Place{}, err
	}
	used, named, err := env.MapFile()
	if err != nil || named {
		return m, Place{used, used}, err
	}
	origin, err := source.LoadOrigin(filepath.Dir(used))
	if err != nil {
		return nil, Place{}, err
	}
	if place.IsCommand(origin.From) { // which is no name of a file
		return m, Place{used, used}, nil
	}
	return m, Place{used, origin.Display()}, nil
}

// URI names the map in SARIF.
func (p Place) URI() string {
	name := cli.InRepository(p.From)
	if address, err := url.Parse(p.From); err == nil && address.Host != "" {
		name = path.Base(address.Path)
	}
	if name == "" || name == "." || name == "/" {
		name = "access-map.yaml"
	}
	return (&url.URL{Path: name}).String()
}

// Lines are those on which roles, identities and datasets begin in a map's file, from 1.
type Lines struct{ Roles, Identities, Datasets map[string]int }

// LinesOf reads them. The file was parsed as a map before; if it can't be read again, there are none.
func LinesOf(file string) Lines {
	data, _, err := localfile.Read(file, accessmap.MaxSize)
	var document struct {
		Roles      yaml.Node `yaml:"roles"`
		Identities yaml.Node `yaml:"identities"`
		Datasets   yaml.Node `yaml:"datasets"`
	}
	if err != nil || yaml.Unmarshal(data, &document) != nil {
		return Lines{}
	}
	return Lines{keysOf(document.Roles), keysOf(document.Identities), keysOf(document.Datasets)}
}

func keysOf(node yaml.Node) map[string]int {
	at := make(map[string]int)
	for i := 0; i+1 < len(node.Content); i += 2 {
		at[node.Content[i].Value] = node.Content[i].Line
	}
	return at
}
