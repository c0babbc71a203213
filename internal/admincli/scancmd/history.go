package scancmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/githistory"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// history looks through what the files of the paths once held. A key that a file still holds is not told again: its finding gets
// the commit that brought it. One that was in several versions of a file is told once, of the first.
func (w *work) history(ctx context.Context, paths []string) error {
	found, allowed := versionsOf(w.found), versionsOf(w.allowed)
	for _, path := range paths {
		dir, name := path, ""
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			dir, name = filepath.Split(path)
			dir = filepath.Clean(dir)
		}
		isShallow, err := githistory.Shallow(ctx, w.env.Environ(), dir)
		if err != nil {
			return historyError(ctx, path, err)
		}
		if isShallow {
			w.skip(statickeys.Place{File: path}, shallow)
		}
		err = githistory.Walk(ctx, w.env.Environ(), dir, name, maxFile, func(b githistory.Blob) error {
			w.blob(filepath.Join(dir, filepath.FromSlash(b.Path)), b, found, allowed)
			return ctx.Err()
		})
		if err != nil {
			return historyError(ctx, path, err)
		}
	}
	return nil
}

// versions are what is known of a list of findings while the history is looked through.
type versions struct {
	standing map[string][]int // which of the list a file still holds
	told     map[string]bool
}

func versionsOf(list []statickeys.Finding) *versions {
	v := &versions{standing: make(map[string][]int), told: make(map[string]bool)}
	for n, f := range list {
		v.standing[keyOf(f)] = append(v.standing[keyOf(f)], n)
	}
	return v
}

// once takes out of a list what a commit's content added to it and what is in it already.
func (v *versions) once(list []statickeys.Finding, before int, commit string) []statickeys.Finding {
	kept := list[:before]
	for _, f := range list[before:] {
		key := keyOf(f)
		if v.told[key] {
			continue
		}
		v.told[key] = true
		for _, n := range v.standing[key] {
			list[n].Place.Commit = commit
		}
		if len(v.standing[key]) == 0 {
			kept = append(kept, f)
		}
	}
	return kept
}

// blob looks through one content.
func (w *work) blob(path string, b githistory.Blob, found, allowed *versions) {
	at := statickeys.Place{File: path, Commit: b.Commit}
	switch {
	case b.Missing:
		w.mu.Lock()
		w.unreadable++
		w.mu.Unlock()
		w.skip(at, notInClone)
		return
	case b.Content == nil:
		w.skip(at, statickeys.TooLarge)
		return
	}
	before, acknowledged := len(w.found), len(w.allowed)
	w.content(path, b.Commit, b.Content)
	w.contents.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found = found.once(w.found, before, b.Commit)
	w.allowed = allowed.once(w.allowed, acknowledged, b.Commit)
}

// keyOf is what makes a key of two versions of a file one.
func keyOf(f statickeys.Finding) string {
	return f.Rule + "\x00" + f.Place.File + "\x00" + f.Place.Entry + "\x00" + f.Fingerprint
}

func historyError(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, githistory.ErrNone) {
		return ui.Errorf("scan-git-none", ui.Failed, "%s is in no git repository", ui.Clean(path)).With(ui.Advice("leave --git away, or name a directory of a repository"))
	}
	return ui.Errorf("scan-git-failed", ui.Failed, "reading the history of %s: %w", ui.Clean(path), err).With(ui.Command("git -C " + ui.Word(ui.Clean(path)) + " log --all"))
}
