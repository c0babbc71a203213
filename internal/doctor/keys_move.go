package doctor

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/ownkeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// BackupDir is the directory that keys are moved to, of the settings' directory.
func BackupDir(settings string) string { return filepath.Join(settings, ownkeys.BackupDir) }

// moveKeys moves what can be moved, if that is wanted, and tells which were.
func (d *examination) moveKeys(ctx context.Context, keys Keys, found []ownkeys.Key, ours []ourProfile) (moved func(ownkeys.Key) bool, err error) {
	done := map[ownkeys.Place]bool{}
	moved = func(k ownkeys.Key) bool { return done[k.Place] }
	movable := slices.DeleteFunc(slices.Clone(found), func(k ownkeys.Key) bool { return !k.Movable })
	if keys.Move == nil || len(movable) == 0 {
		return moved, nil
	}
	if yes, err := keys.Move(ctx, movable); err != nil || !yes {
		return moved, err
	}
	for _, m := range ownkeys.Move(movable, keys.BackupDir, d.Now()) {
		if m.Err != nil {
			d.fault("static-key-not-moved", m.File, "its keys stay where they are", m.Err)
			continue
		}
		for _, k := range m.Keys {
			done[k.Place] = true
			fix := ui.Advice(k.Remedy)
			if k.OfHistory() {
				fix = append(fix, ui.Advice("shells that are open write their own history when they end: end them, then look again")...)
			}
			d.warn("static-key-moved", k.String(), named(k)+": moved to "+m.Backup, "it works until it is deleted where it was issued", slices.Concat(fix, replacement(k, ours)))
		}
	}
	return moved, nil
}
