package scancmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	progressAfter = time.Second
	maxFile       = 64 << 20 // bytes; larger files are named, not read
	largeFile     = 4 << 20  // of these one is in memory at a time
	maxFindings   = 20_000   // that are listed; more are counted
	maxUnread     = 20_000
)

// Reasons besides those of package statickeys.
const (
	link       statickeys.Why = "a link, which is not followed"
	special    statickeys.Why = "a pipe, device or socket"
	unreadWhy  statickeys.Why = "it can't be read: "
	tooMany    statickeys.Why = "more than are listed"
	shallow    statickeys.Why = "the clone has a part of the history alone"
	notInClone statickeys.Why = "its content is not in this clone"
)

// work is one scan.
type work struct {
	env     *cli.Env
	scanner *statickeys.Scanner
	one     chan struct{} // who reads a large file

	files, contents, bytes atomic.Int64

	mu         sync.Mutex
	found      []statickeys.Finding
	unread     []statickeys.Unread
	unreadable int
	beyond     int
	allowed    []statickeys.Finding // that a comment acknowledges
	more       int                  // of these, beyond those that are listed
}

func newWork(env *cli.Env, s *statickeys.Scanner) *work {
	return &work{env: env, scanner: s, one: make(chan struct{}, 1)}
}

func (w *work) progress() string {
	text := fmt.Sprintf("looked through %d files", w.files.Load())
	if n := w.contents.Load(); n > 0 {
		text += fmt.Sprintf(" and %d contents of the history", n)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("%s, %s: %s", text, size(w.bytes.Load()), ui.Count(len(w.found)+w.beyond, "key", "keys"))
}

// all looks through the paths. It returns as soon as ctx is over: a goroutine in the middle of a large file has no say in that.
func (w *work) all(ctx context.Context, a asked) error {
	paths, ended := make(chan string, 64), make(chan struct{})
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for path := range paths {
				if ctx.Err() == nil {
					w.file(ctx, path)
				}
			}
		})
	}
	go func() {
		for _, path := range a.paths {
			w.walk(ctx, path, paths)
		}
		close(paths)
		group.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !a.history {
		return nil
	}
	return w.history(ctx, a.paths)
}

// walk passes on each regular file. A path that the person names may be a link; what is below it may not.
func (w *work) walk(ctx context.Context, root string, paths chan<- string) {
	if target, err := os.Stat(root); err == nil && !target.IsDir() {
		switch {
		case !target.Mode().IsRegular():
			w.refuse(root, special)
		case target.Size() > maxFile:
			w.refuse(root, statickeys.TooLarge)
		default:
			w.pass(ctx, root, paths)
		}
		return
	}
	// With a slash behind it, the walk goes into a link that leads to a directory.
	err := filepath.WalkDir(root+string(filepath.Separator), func(path string, entry fs.DirEntry, err error) error {
		if path = filepath.Clean(path); err != nil {
			w.cannot(path, err)
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		switch mode := entry.Type(); {
		case mode.IsDir():
			if entry.Name() == ".git" {
				w.pass(ctx, filepath.Join(path, "config"), paths) // whose addresses may hold passwords
				return fs.SkipDir
			}
		case mode.IsRegular():
			w.pass(ctx, path, paths)
		case mode&fs.ModeSymlink != 0:
			w.skip(statickeys.Place{File: path}, link)
		default:
			w.skip(statickeys.Place{File: path}, special)
		}
		return ctx.Err()
	})
	if err != nil && ctx.Err() == nil {
		w.cannot(root, err)
	}
}

func (w *work) pass(ctx context.Context, path string, paths chan<- string) {
	select {
	case paths <- path:
	case <-ctx.Done():
	}
}

// file reads a file and looks through it.
func (w *work) file(ctx context.Context, path string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		if !errors.Is(err, fs.ErrNotExist) || filepath.Base(path) != "config" { // of a repository's directory that is none
			w.cannot(path, err)
		}
		return
	case info.Size() > maxFile:
		w.skip(statickeys.Place{File: path}, statickeys.TooLarge)
		return
	case info.Size() > largeFile:
		select {
		case w.one <- struct{}{}:
			defer func() { <-w.one }()
		case <-ctx.Done():
			return
		}
	}
	content, _, err := localfile.Read(path, maxFile)
	if _, tooLarge := errors.AsType[*localfile.TooLargeError](err); tooLarge {
		w.skip(statickeys.Place{File: path}, statickeys.TooLarge)
		return
	}
	if err != nil {
		w.cannot(path, err)
		return
	}
	w.content(path, "", content)
	w.files.Add(1)
}

// content looks through what a file holds, or held when a commit brought it.
func (w *work) content(path, commit string, content []byte) {
	var list []statickeys.Finding
	beyond := 0
	unread := w.scanner.Bytes(shownPath(path), content, func(f statickeys.Finding) {
		if len(list) < maxFindings { // of one file, as of all
			list = append(list, f)
		} else if f.Allowed == "" {
			beyond++
		}
	})
	w.bytes.Add(int64(len(content)))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, u := range unread {
		u.Place.Commit = commit
		w.note(u.Place, u.Why)
	}
	w.beyond += beyond
	for _, f := range list {
		f.Place.Commit = commit
		switch {
		case f.Allowed != "" && len(w.allowed) == maxFindings:
			w.more++
		case f.Allowed != "":
			w.allowed = append(w.allowed, f)
		case len(w.found) == maxFindings:
			w.beyond++
		default:
			w.found = append(w.found, f)
		}
	}
}

// shownPath is a path as it is printed, on each system with slashes. A key that a file is named by is left out.
func shownPath(path string) string {
	// Cleaning may put a key together, and may cut one.
	return statickeys.WithoutKeys(ui.Clean(statickeys.WithoutKeys(filepath.ToSlash(path))))
}

func (w *work) skip(p statickeys.Place, why statickeys.Why) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p.File = shownPath(p.File)
	w.note(p, why)
}

// refuse notes that a path which was asked about is none that is read: whoever named it waits for an answer about it.
func (w *work) refuse(path string, why statickeys.Why) {
	w.skip(statickeys.Place{File: path}, why)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unreadable++
}

// note is skip with the lock held.
func (w *work) note(p statickeys.Place, why statickeys.Why) {
	if len(w.unread) < maxUnread {
		w.unread = append(w.unread, statickeys.Unread{Place: p, Why: why})
	} else if len(w.unread) == maxUnread {
		w.unread = append(w.unread, statickeys.Unread{Why: tooMany})
	}
}

// cannot notes what should have been read.
func (w *work) cannot(path string, err error) {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unreadable++
	w.note(statickeys.Place{File: shownPath(path)}, unreadWhy+statickeys.Why(ui.Clean(err.Error())))
}

// report is what was found, in the order of the places.
func (w *work) report() *report {
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.SortStableFunc(w.found, byPlace)
	slices.SortStableFunc(w.allowed, byPlace)
	slices.SortStableFunc(w.unread, func(a, b statickeys.Unread) int {
		return cmp.Or(strings.Compare(a.Place.File, b.Place.File), strings.Compare(a.Place.Entry, b.Place.Entry))
	})
	return &report{
		Findings: append([]statickeys.Finding{}, w.found...), NotLookedAt: append([]statickeys.Unread{}, w.unread...), Files: int(w.files.Load()), Contents: int(w.contents.Load()),
		Bytes: w.bytes.Load(), Acknowledged: len(w.allowed) + w.more, Uncounted: w.beyond, allowed: w.allowed, unreadable: w.unreadable,
	}
}

func byPlace(a, b statickeys.Finding) int {
	p, q := a.Place, b.Place
	return cmp.Or(strings.Compare(p.File, q.File), strings.Compare(p.Entry, q.Entry), cmp.Compare(p.Cell, q.Cell), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column), strings.Compare(a.Rule, b.Rule))
}
