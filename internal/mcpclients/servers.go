package mcpclients

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Server is an entry of a client's list.
type Server struct {
	Name    string
	Command string   // "" for one that is reached over the network
	Args    []string // behind the program
	// Settings are the texts that the entry holds besides, as lines KEY=value: variables, headers, an address.
	Settings []string
}

// Ours reports whether the entry starts dbxaccess as an MCP server.
func (s Server) Ours() bool {
	// Both kinds of separators: a file may have been written on another system.
	program := s.Command[strings.LastIndexAny(s.Command, `/\`)+1:]
	return strings.TrimSuffix(program, ".exe") == "dbxaccess" && len(s.Args) > 0 && s.Args[0] == "mcp"
}

// Servers are the servers that a client's file lists. The error says where the file can't be read.
func (c *Client) Servers(file string, data []byte) ([]Server, error) {
	_, _, all, err := c.text(file, data)
	if err != nil {
		return nil, err
	}
	var servers []Server
	for _, list := range c.lists {
		servers = append(servers, serversAt(all, list)...)
	}
	if c.Name == "claude-code" { // servers for single projects
		projects, _ := at(all, "projects")
		for _, project := range sortedValues(projects) {
			if settings, ok := project.(map[string]any); ok {
				servers = append(servers, serversAt(settings, c.lists[0])...)
			}
		}
	}
	return servers, nil
}

// serversAt are those of one list: what has a program or an address.
func serversAt(all map[string]any, list []string) []Server {
	found, _ := at(all, list...)
	named, _ := found.(map[string]any)
	var servers []Server
	for _, name := range slices.Sorted(maps.Keys(named)) {
		entry, ok := named[name].(map[string]any)
		if !ok {
			continue
		}
		if s := serverOf(name, entry); s.Command != "" || entry["type"] != nil || entry["url"] != nil {
			servers = append(servers, s)
		}
	}
	return servers
}

func serverOf(name string, value any) Server {
	entry, _ := value.(map[string]any)
	s := Server{Name: name}
	for _, key := range slices.Sorted(maps.Keys(entry)) {
		switch v := entry[key]; key {
		case "command", "cmd":
			words := texts(v)
			if len(words) > 0 {
				s.Command, s.Args = words[0], append(words[1:], s.Args...)
			}
		case "args":
			s.Args = append(s.Args, texts(v)...)
		default:
			s.Settings = append(s.Settings, settings(key, v)...)
		}
	}
	return s
}

// texts are the texts of a list, or the only one.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			if text, ok := item.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// settings are the texts below a key. Deeper ones go by the last key, which is a variable's or a header's name.
func settings(key string, value any) []string {
	switch v := value.(type) {
	case map[string]any:
		var all []string
		for _, inner := range slices.Sorted(maps.Keys(v)) {
			all = append(all, settings(inner, v[inner])...)
		}
		return all
	case []any, string:
		var all []string
		for _, text := range texts(v) {
			all = append(all, fmt.Sprintf("%s=%s", key, text))
		}
		return all
	}
	return nil
}

// at is the value that keys lead to.
func at(all map[string]any, keys ...string) (any, bool) {
	var value any = all
	for _, key := range keys {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = object[key]; !ok {
			return nil, false
		}
	}
	return value, true
}

func sortedValues(value any) []any {
	object, _ := value.(map[string]any)
	var all []any
	for _, key := range slices.Sorted(maps.Keys(object)) {
		all = append(all, object[key])
	}
	return all
}

// Started is the file of a server's program, "" where it is looked up by its name.
func (s Server) Started() string {
	if filepath.IsAbs(s.Command) {
		return s.Command
	}
	return ""
}
