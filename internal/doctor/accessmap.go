package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const noMap = "there is no access map that can be used"

// checkMap returns the access map, nil if it can't be used, and whether the environment names it.
func (d *examination) checkMap(settings *config.Settings) (m *accessmap.Map, named bool) {
	if settings == nil {
		d.skip("map-skipped", "", noSettings)
		return nil, false
	}
	path, named, err := d.MapFile()
	if err != nil {
		d.fault("map-not-found", "", "the access map can't be found", err)
		return nil, false
	}
	if m, _, err = d.Map(); err != nil {
		f := brokenMap(path, err)
		if named {
			f.What += "; " + mapVariable + " names it"
		}
		d.add(f)
		return nil, named
	}
	if named {
		d.ok("map-named", path, holdings(m)+"; "+mapVariable+" names it")
	}
	d.checkMapContent(m, path)
	if role := settings.DefaultRole; role != "" && m.Roles[role] == nil {
		d.warn("default-role-unknown", role, "default_role is set to it, but the access map has no such role", "",
			ui.Advice("set default_role in "+filepath.Join(settings.Dir, config.FileName)+" to one of: "+
				strings.Join(slices.Sorted(maps.Keys(m.Roles)), ", ")))
	}
	return m, named
}

// holdings says what a map has.
func holdings(m *accessmap.Map) string {
	return fmt.Sprintf("%s, %s, %s", ui.Count(len(m.Identities), "identity", "identities"), ui.Count(len(m.Roles), "role", "roles"),
		ui.Count(len(m.Workspaces), "workspace", "workspaces"))
}

// brokenMap is the finding of a map that can't be loaded. Of many problems it shows the first: `map check` shows all.
func brokenMap(path string, err error) Finding {
	const unusable = "the access map can't be used"
	if errors.Is(err, source.ErrNoCopy) {
		return failed(Fault, "map-missing", "", "there is no access map", err)
	}
	problems, ok := errors.AsType[*accessmap.Problems](err)
	if !ok {
		return failed(Fault, "map-unusable", path, unusable, err)
	}
	f := Finding{ID: "map-unusable", Subject: path, Status: Fault, What: unusable, Fix: ui.Command("dbxaccess map check"), Cause: ui.IDOf(err)}
	if n := len(problems.List) + problems.More; n > 0 {
		first := problems.List[0]
		f.Why = fmt.Sprintf("line %d, column %d: %s", first.Line, first.Column, first.Message)
		if n > 1 {
			f.Why += fmt.Sprintf(" (and %d more)", n-1)
		}
	}
	return f
}

// checkOrigin reports whether the map has changed where it was fetched from; it does not update the copy.
func (d *examination) checkOrigin(ctx context.Context, dir, holds string) {
	agreed, err := source.LoadCopy(dir)
	if err != nil {
		d.fault("map-origin-unknown", "", "where the access map came from is not known", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	from, copied := agreed.Origin.Display(), holds+", last compared "+ui.Local(agreed.Age.At)
	if signer := agreed.Origin.Signer(); signer != "" {
		copied += ", signed by " + signer
	}
	offer, err := source.Look(ctx, d.MapTools(askWait), agreed.Origin.Wanted(), agreed)
	switch {
	case errors.Is(err, source.ErrSignature):
		d.add(failed(Warning, "map-signature-refused", from, "what is there now is not signed as you asked for; using the copy: "+copied, err))
	case err != nil:
		d.add(failed(Warning, "map-not-fetched", from, "it can't be fetched again; using the copy: "+copied, err))
	case offer.Same:
		d.ok("map-current", from, copied)
	case offer.Older:
		d.warn("map-changed", from, "an older version is there now; using the copy: "+copied, offer.Refusal().Error(), ui.Advice("ask the map's owner"))
	case offer.Asks():
		d.warn("map-changed", from, "it has changed, and gives more than you agreed to; using the copy: "+copied, "", ui.Command("dbxaccess init"))
	default:
		d.warn("map-changed", from, "it has changed since it was fetched; using the copy: "+copied, "", ui.Command("dbxaccess login"))
	}
}

// checkMapContent counts the problems, which `map check` lists, without the warnings that the map acknowledges.
func (d *examination) checkMapContent(m *accessmap.Map, path string) {
	var open []accessmap.Problem
	for _, warning := range accessmap.Open(m.Lint(d.Now())) {
		open = append(open, warning.Problem)
	}
	for _, kind := range []struct {
		id        ui.ID
		status    Status
		one, many string
		list      []accessmap.Problem
	}{
		{"map-errors", Fault, "error", "errors", m.Check()},
		{"map-warnings", Warning, "warning", "warnings", open},
	} {
		if len(kind.list) == 0 {
			continue
		}
		first := kind.list[0]
		fix := ui.Command("dbxaccess map check")
		if m.Contact != "" {
			fix = append(fix, ui.Advice("the map's owner: "+m.Contact)...)
		}
		d.add(Finding{
			ID: kind.id, Subject: path, Status: kind.status, What: "it has " + ui.Count(len(kind.list), kind.one, kind.many),
			Why: fmt.Sprintf("line %d: %s", first.Line, first.Message), Fix: fix,
		})
	}
}
