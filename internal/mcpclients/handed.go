package mcpclients

import (
	"maps"
	"path/filepath"
	"slices"
)

// Giver is a settings file of an agent that gives variables to all that the agent starts.
type Giver struct {
	Title string // the agent's
	File  string
}

// Givers are the files in which agents look for such variables, for a person and for the project in a directory, "" for none.
// https://code.claude.com/docs/en/settings
func Givers(p Places, project string) []Giver {
	const title = "Claude Code"
	givers := []Giver{{title, p.below("CLAUDE_CONFIG_DIR", ".claude", "settings.json")}}
	if project != "" {
		for _, name := range []string{"settings.json", "settings.local.json"} {
			givers = append(givers, Giver{title, filepath.Join(project, ".claude", name)})
		}
	}
	return givers
}

// Handed are the names of the variables that such a file gives, and not their values. What can't be read gives none.
func Handed(data []byte) []string {
	all, err := jsonForm{}.decode(string(data))
	if err != nil {
		return nil
	}
	variables, _ := all["env"].(map[string]any)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(variables)), func(name string) bool { return variables[name] == "" })
}
