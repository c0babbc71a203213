package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const noSettings = "the settings can't be read"

func (d *doctor) checkSettings() {
	const check = "settings"
	path := ""
	dir, err := config.SettingsDir(d.Getenv)
	if err == nil {
		path = filepath.Join(dir, config.FileName)
		d.cfg, err = d.Settings()
	}
	if err != nil {
		d.fault(check, path, noSettings, err)
		return
	}
	_, err = os.Stat(path)
	absent := errors.Is(err, fs.ErrNotExist)
	for _, open := range []string{dir, path} {
		if _, write := atomicfile.OthersMay(open); write {
			d.add(finding{
				Check: check, Subject: open, Status: statusWarning, What: "it can be written by other users",
				Why: "the settings name programs that run as you, and the access map names who gets your ID token",
				Fix: ui.Command("chmod go-w " + ui.Quote(open)),
			})
		}
	}
	if absent {
		d.ok(check, path, "not there, so the defaults hold")
		return
	}
	d.ok(check, path, "read, and every setting in it is known")
}

func (d *doctor) checkMap(ctx context.Context) {
	const check = "map"
	if d.cfg == nil {
		d.skip(check, "", noSettings)
		return
	}
	path, named, err := d.MapFile()
	if err != nil {
		d.fault(check, "", "the access map can't be found", err)
		return
	}
	m, _, err := d.Map()
	if err != nil {
		d.add(brokenMap(path, err))
		return
	}
	d.m = m
	holds := fmt.Sprintf("%s, %s, %s", ui.Count(len(m.Identities), "identity", "identities"), ui.Count(len(m.Roles), "role", "roles"),
		ui.Count(len(m.Workspaces), "workspace", "workspaces"))
	if named {
		d.ok(check, path, holds+"; DBXACCESS_MAP names it")
	} else {
		d.checkOrigin(ctx, holds)
	}
	d.checkMapContent(path)
	if role := d.cfg.DefaultRole; role != "" && m.Roles[role] == nil {
		d.add(finding{
			Check: check, Subject: role, Status: statusWarning, What: "the access map has no such role, and the settings make it the default",
			Fix: ui.Advice("set default_role in " + filepath.Join(d.cfg.Dir, config.FileName) + " to one of: " + strings.Join(slices.Sorted(maps.Keys(m.Roles)), ", ")),
		})
	}
}

// brokenMap tells of a map that can't be loaded. One with many problems shows the first: `map check` shows all.
func brokenMap(path string, err error) finding {
	problems, ok := errors.AsType[*accessmap.Problems](err)
	if !ok {
		what := "the access map can't be used"
		if errors.Is(err, source.ErrNoCopy) {
			path, what = "", "there is no access map"
		}
		return failed(statusFault, "map", path, what, err)
	}
	f := finding{Check: "map", Subject: path, Status: statusFault, What: "the access map can't be used", Fix: ui.Command("dbxaccess map check")}
	if n := len(problems.List) + problems.More; n > 0 {
		first := problems.List[0]
		f.Why = fmt.Sprintf("line %d, column %d: %s", first.Line, first.Column, first.Message)
		if n > 1 {
			f.Why += fmt.Sprintf(" (and %d more)", n-1)
		}
	}
	return f
}

// checkOrigin asks whether the map is still the one at the place it was taken from, and takes nothing.
func (d *doctor) checkOrigin(ctx context.Context, holds string) {
	const check = "map"
	origin, err := source.LoadOrigin(d.cfg.Dir)
	if err != nil {
		d.fault(check, "", "where the access map came from is not known", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	taken := holds + ", fetched " + origin.Fetched.Local().Format("2006-01-02 15:04")
	_, _, same, err := source.Fetch(ctx, d.HTTP(accessmap.MaxSize), origin.From, origin)
	switch {
	case err != nil:
		d.add(failed(statusWarning, check, origin.Display(), "it can't be fetched again; the copy is used: "+taken, err))
	case !same:
		d.add(finding{
			Check: check, Subject: origin.Display(), Status: statusWarning, What: "it has changed since it was fetched; the copy is used: " + taken,
			Fix: ui.Command("dbxaccess login"),
		})
	default:
		d.ok(check, origin.Display(), taken)
	}
}

// checkMapContent counts what `map check` tells in full.
func (d *doctor) checkMapContent(path string) {
	for _, kind := range []struct {
		status, one, many string
		list              []accessmap.Problem
	}{
		{statusFault, "error", "errors", d.m.Check()},
		{statusWarning, "warning", "warnings", d.m.Lint()},
	} {
		if len(kind.list) == 0 {
			continue
		}
		first := kind.list[0]
		fix := ui.Command("dbxaccess map check")
		if d.m.Contact != "" {
			fix = append(fix, ui.Advice("the map is kept by "+d.m.Contact)...)
		}
		d.add(finding{
			Check: "map", Subject: path, Status: kind.status, What: "it has " + ui.Count(len(kind.list), kind.one, kind.many),
			Why: fmt.Sprintf("line %d: %s", first.Line, first.Message), Fix: fix,
		})
	}
}
