package mcpinstall

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A project may come from others. So what stands in its file is not taken over unseen, and nothing is written where its links lead.

// maxBesides bounds the names that are told, and their length in runes.
const maxBesides = 8

// differs is the refusal of an entry that would start dbxaccess in a way of its own: with a library, a map or an agent's name of others.
func (a asked) differs(file string, besides []string) error {
	if len(besides) > maxBesides {
		besides = append(besides[:maxBesides:maxBesides], "…")
	}
	for i, name := range besides {
		besides[i] = ui.Cut(ui.Clean(name), 40)
	}
	return ui.Errorf("mcp-entry-differs", ui.Refused, "%s starts dbxaccess already, in another way than this would: it differs in %s", ui.Clean(file), strings.Join(besides, ", ")).
		With(ui.Advice("look at that entry, which may be others'; to have the usual one, take it out, then run the command again:"), ui.Command(a.command(true)))
}

// inside refuses a file of a project that lies outside of it.
func (a asked) inside(dir, file string) error {
	there := file
	for there != dir {
		if _, err := os.Lstat(there); err == nil {
			break
		}
		there = filepath.Dir(there)
	}
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	target, err := filepath.EvalSymlinks(there)
	if err != nil {
		return nil //nolint:nilerr // who reads the file says what is wrong with it
	}
	if path, err := filepath.Rel(root, target); err == nil && filepath.IsLocal(path) {
		return nil
	}
	return ui.Errorf("mcp-file-elsewhere", ui.Refused, "%s leads out of the project, to %s", ui.Clean(file), ui.Clean(target)).
		With(ui.Advice("have the link lead to a file of the project, or add dbxaccess for all of your projects:"), ui.Command("dbxaccess mcp install "+a.client.Name))
}

// command is the command line for the same file.
func (a asked) command(undo bool) string {
	command := "dbxaccess mcp install " + a.client.Name
	if a.project != "" {
		command += " --project " + ui.Quote(ui.Clean(a.project))
	}
	if undo {
		command += " --undo"
	}
	return command
}
