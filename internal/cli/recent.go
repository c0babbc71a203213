package cli

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The roles that a person named or chose at a terminal, the last one first, stand beside the settings as an array of names. They
// decide on an order of a list and on nothing else, so that a damaged file is as good as none.
const (
	recentName    = "recent-roles.json"
	maxRecent     = 50
	maxRecentSize = 16 << 10
	maxName       = 64
)

// RecentRoles are those that a person used last, the last one first.
func (e *Env) RecentRoles() (names []string) {
	settings, err := e.Settings()
	if err != nil {
		return nil
	}
	data, _, err := localfile.Read(filepath.Join(settings.Dir, recentName), maxRecentSize)
	if err != nil || json.Unmarshal(data, &names) != nil {
		return nil
	}
	names = slices.DeleteFunc(names, func(name string) bool { return len(name) > maxName || !ui.IsPlain(name, "._-") })
	return names[:min(len(names), maxRecent)]
}

// noteRole puts a role at the head of those that were used. SDKs' helpers use them too, and are not asked for what a person prefers.
func (e *Env) noteRole(role string) {
	before := e.RecentRoles()
	if !e.Streams.Interactive || len(before) > 0 && before[0] == role {
		return
	}
	settings, err := e.Settings()
	if err != nil {
		return
	}
	names := append([]string{role}, slices.DeleteFunc(before, func(name string) bool { return name == role })...)
	data, err := json.Marshal(names[:min(len(names), maxRecent)])
	if err == nil {
		err = atomicfile.WriteOwn(filepath.Join(settings.Dir, recentName), append(data, '\n'), 0o600)
	}
	if err != nil { // the list is sorted otherwise next time, which is worth no word
		e.Log().Debug("the role that was used is not kept", "error", err)
	}
}

// recentFirst sorts rows, those used last first; the others stay as they are.
func recentFirst(rows []access.Row, recent []string) []access.Row {
	place := func(r access.Row) int {
		if i := slices.Index(recent, r.Role); i >= 0 {
			return i
		}
		return len(recent)
	}
	return slices.SortedStableFunc(slices.Values(rows), func(a, b access.Row) int { return cmp.Compare(place(a), place(b)) })
}
