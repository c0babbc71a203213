package mcpclients

import (
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Plan is what a file becomes. One without a Diff changes nothing.
type Plan struct {
	After []byte
	Diff  string
	// Inserted is what was put in, all of it ours: undoing takes exactly that out again where it still stands as it is.
	Inserted string
	// Besides are the names of what an entry that was there already says otherwise than ours would, other than the program's path.
	Besides []string
}

// text is a file's text without its byte order mark, and the mark.
func (c *Client) text(file string, data []byte) (mark, text string, all map[string]any, err error) {
	const byteOrderMark = "\xef\xbb\xbf"
	text, marked := strings.CutPrefix(string(data), byteOrderMark)
	if marked {
		mark = byteOrderMark
	}
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") || strings.Contains(text, "\x00") {
		return "", "", nil, c.unreadable(file, &SyntaxError{What: "it is no text in UTF-8"})
	}
	if all, err = c.form.decode(text); err != nil {
		return "", "", nil, c.unreadable(file, err)
	}
	return mark, text, all, nil
}

// unreadable is the refusal of a file.
func (c *Client) unreadable(file string, err error) error {
	return ui.Errorf("mcp-file-unreadable", ui.Failed, "%s is left alone: %w", ui.Clean(file), err).
		With(ui.Advice("correct it, or change it by hand as " + c.Docs + " says"))
}

// Install plans the entry. One that is there already gets the program's path, and keeps all else; one of that name that starts
// another program is refused. inserted is what an earlier Install put in, "" where that is not known.
func (c *Client) Install(file string, data []byte, p Program, inserted string) (*Plan, error) {
	if strings.ContainsAny(p.Path, "${}%`") || ui.Clean(p.Path) != p.Path || !filepath.IsAbs(p.Path) {
		return nil, ui.Errorf("mcp-program-path", ui.Failed, "the path of dbxaccess, %s, holds characters that clients replace or can't read", ui.Named(p.Path)).
			With(ui.Advice("install it in another directory, such as /usr/local/bin"))
	}
	mark, text, all, err := c.text(file, data)
	if err != nil {
		return nil, err
	}
	list := c.listIn(all)
	entry, there := at(all, append(slices.Clone(list), Name)...)
	if !there {
		put, err := c.form.add(text, list, c.entry(p))
		if err != nil {
			return nil, c.unreadable(file, err)
		}
		plan, err := c.plan(file, mark, text, []edit{put}, list)
		if err != nil {
			return nil, err
		}
		plan.Inserted = put.text
		return plan, nil
	}
	server := serverOf(Name, entry)
	if !server.Ours() {
		return nil, ui.Errorf("mcp-entry-foreign", ui.Failed, "%s has a server %s already, which is not of dbxaccess", ui.Clean(file), Name).
			With(ui.Advice("rename it there, then run the command again"))
	}
	besides := c.besides(entry, p)
	if server.Command == p.Path {
		return &Plan{After: data, Inserted: inserted, Besides: besides}, nil
	}
	from, to, err := c.form.command(text, list)
	if err != nil {
		return nil, c.unreadable(file, err)
	}
	plan, err := c.plan(file, mark, text, []edit{{from, to, c.form.quote(p.Path)}}, list)
	if err != nil {
		return nil, err
	}
	plan.Inserted, plan.Besides = strings.ReplaceAll(inserted, c.form.quote(server.Command), c.form.quote(p.Path)), besides
	return plan, nil
}

// besides compares an entry with the one that would be written. That it passes other variables on, with the values that the client has, is
// no difference: which are needed is another matter on each machine.
func (c *Client) besides(entry any, p Program) []string {
	theirs, _ := entry.(map[string]any)
	passed, _ := theirs["env"].(map[string]any)
	p.Variables = append(slices.Sorted(maps.Keys(passed)), texts(theirs["env_vars"])...)
	put, err := c.form.add("", c.lists[0], c.entry(p))
	if err != nil {
		return []string{Name}
	}
	all, _ := c.form.decode(put.text)
	found, _ := at(all, append(slices.Clone(c.lists[0]), Name)...)
	ours, _ := found.(map[string]any)
	var names []string
	for _, key := range slices.Sorted(maps.Keys(theirs)) {
		here, there := theirs[key], ours[key]
		same := reflect.DeepEqual(here, there)
		if there != nil && (key == "command" || key == "cmd") { // whose first word is the path
			words := texts(here)
			same = len(words) > 0 && slices.Equal(words[1:], texts(there)[1:])
		}
		if !same {
			names = append(names, key)
		}
	}
	return names
}

// Remove plans the file without our entry. inserted is what Install put in, "" where that is not known: if it is still there as it
// was, exactly that goes, else the entry alone.
func (c *Client) Remove(file string, data []byte, inserted string) (*Plan, error) {
	mark, text, all, err := c.text(file, data)
	if err != nil {
		return nil, err
	}
	list := c.listIn(all)
	entry, there := at(all, append(slices.Clone(list), Name)...)
	if !there || !serverOf(Name, entry).Ours() {
		return &Plan{After: data}, nil
	}
	if inserted != "" && strings.Count(text, inserted) == 1 {
		from := strings.Index(text, inserted)
		if plan, err := c.plan(file, mark, text, []edit{{from: from, to: from + len(inserted)}}, list); err == nil {
			return plan, nil
		}
	}
	edits, err := c.form.remove(text, list)
	if err == nil && len(edits) == 0 {
		err = &SyntaxError{What: otherwise}
	}
	if err != nil {
		return nil, c.unreadable(file, err)
	}
	return c.plan(file, mark, text, edits, list)
}

// plan does the edits, and refuses them if the file then says anything else than before but for our entry.
func (c *Client) plan(file, mark, text string, edits []edit, list []string) (*Plan, error) {
	after := apply(text, edits)
	now, err := c.form.decode(after)
	if err == nil {
		var before map[string]any
		before, err = c.form.decode(text)
		if without(now, list); err == nil && !reflect.DeepEqual(without(before, list), now) {
			err = &SyntaxError{What: "it is written in a form that dbxaccess does not change for certain"}
		}
	} else {
		err = &SyntaxError{What: strings.Join(list, ".") + " is written in a form that can't be added to or taken from here"}
	}
	if err != nil {
		return nil, c.unreadable(file, err)
	}
	return &Plan{After: []byte(mark + after), Diff: diffOf(file, text, edits, list)}, nil
}

// without takes our entry out of what a file says, and the lists that are empty then.
func without(all map[string]any, list []string) map[string]any {
	inner, ok := all, true
	parents := []map[string]any{all}
	for _, key := range list {
		if inner, ok = inner[key].(map[string]any); !ok {
			break
		}
		parents = append(parents, inner)
	}
	if ok {
		delete(inner, Name)
	}
	for i := min(len(list), len(parents)) - 1; i >= 0; i-- {
		if child, present := parents[i][list[i]]; present && emptyList(child) {
			delete(parents[i], list[i])
		}
	}
	return all
}

func emptyList(value any) bool {
	m, isMap := value.(map[string]any)
	return value == nil || isMap && len(m) == 0
}

// listIn is the list of servers that a file has: the one with servers in it, else the first.
func (c *Client) listIn(all map[string]any) []string {
	for _, list := range c.lists {
		if len(serversAt(all, list)) > 0 {
			return list
		}
	}
	return c.lists[0]
}
