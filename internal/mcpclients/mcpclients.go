// Package mcpclients knows where coding agents and editors list the MCP servers that they start, and adds dbxaccess to such
// a list or takes it out again.
//
// In comes the text of a client's configuration, JSON with or without comments, TOML or YAML, and the program that is to be
// started; out comes a Plan: the new text, and a diff of the lines that are ours. The files are other programs', hold other
// servers' keys, and may come with a repository that somebody else wrote.
//
// The package must never change or show a byte that is not of our entry, never guess where a text can be read in two ways
// (it refuses, with line and column), and never write a variable's value: an entry names variables, and the client looks
// them up.
package mcpclients

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Name is what our entry is called in every client.
const Name = "dbxaccess"

// Client is a program that starts MCP servers.
type Client struct {
	Name  string // as package agent calls the agent
	Title string
	Docs  string // of its vendor, about the file

	form  form
	lists [][]string // keys that lead to the list of servers; the first where a file has none of them
	user  func(Places) string
	// project is the file below a project's directory, "" where there is none. Where several are named, it is the first that
	// is there, else the last.
	project []string
	entry   func(Program) fields
}

// Places are the directories that a client's own file is below.
type Places struct {
	Home   string
	Getenv func(string) string
	Exists func(path string) bool
}

// Program is what an entry starts.
type Program struct {
	Path      string   // absolute
	Agent     string   // what the client's agent is called
	Variables []string // those that it needs, where the client passes only few
}

// arguments are those of the program.
func (p Program) arguments() []string { return []string{"mcp", "--agent", p.Agent} }

// Find returns the client of that name.
func Find(name string) (*Client, error) {
	i := slices.IndexFunc(clients, func(c Client) bool { return c.Name == name })
	if i < 0 {
		return nil, ui.Errorf("mcp-client-unknown", ui.Usage, "there is no client %s that dbxaccess can be added to; there are %s", ui.Named(name), strings.Join(Names(), ", ")).
			With(ui.Advice("for another client, see docs/agents.md: each starts `dbxaccess mcp` and speaks with it over stdin and stdout"))
	}
	return &clients[i], nil
}

// Names are those of all clients.
func Names() []string {
	var names []string
	for _, c := range clients {
		names = append(names, c.Name)
	}
	return names
}

// All are all clients.
func All() []Client { return slices.Clone(clients) }

// UserFile is the client's file of this person, for all their projects.
func (c *Client) UserFile(p Places) string { return c.user(p) }

// ProjectFile is the client's file of one project; "" where the client has none.
func (c *Client) ProjectFile(dir string, exists func(string) bool) string {
	for i, name := range c.project {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if i == len(c.project)-1 || exists(path) {
			return path
		}
	}
	return ""
}

// below is a file in the directory that a variable names, else in one of the home directory.
func (p Places) below(variable, otherwise string, parts ...string) string {
	dir := filepath.Join(p.Home, filepath.FromSlash(otherwise))
	if variable != "" {
		if named := p.Getenv(variable); filepath.IsAbs(named) {
			dir = named
		}
	}
	return filepath.Join(append([]string{dir}, parts...)...)
}

// first is the first of the files that is there, else the last.
func (p Places) first(files ...string) string {
	for _, file := range files[:len(files)-1] {
		if p.Exists(file) {
			return file
		}
	}
	return files[len(files)-1]
}

// applications is where programs of the desktop keep their files on this system.
func (p Places) applications(parts ...string) string {
	switch runtime.GOOS {
	case "windows":
		return p.below("APPDATA", "AppData/Roaming", parts...)
	case "darwin":
		return p.below("", "Library/Application Support", parts...)
	}
	return p.below("XDG_CONFIG_HOME", ".config", parts...)
}
