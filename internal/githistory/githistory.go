// Package githistory reads what once stood in the files of a git repository.
//
// In comes a path in a repository; out comes each content that a commit of any branch or tag brought, once, with the commit and the path
// that it first came by. Git itself reads the repository, as a program. It must never run what the repository names, ask for a password,
// fetch what is missing, or keep more than one content in memory.
package githistory

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/command"
)

// Blob is the content of a file at one time.
type Blob struct {
	Commit, Path string // that it first came by; the path relative to the one that was asked about
	Size         int64
	Content      []byte // nil where it is larger than the bound, or not in this clone
	Missing      bool   // it is not in this clone
}

// patience is how long one walk through a history may take.
const patience = 24 * time.Hour

// maxLine bounds a name in git's output, in bytes.
const maxLine = 64 << 10

// ErrNone is the error of a path that is in no repository.
var ErrNone = errors.New("it is in no git repository")

// Shallow reports whether a clone has a part of the history alone, and ErrNone where there is no repository; other errors are git's.
func Shallow(ctx context.Context, environ []string, dir string) (bool, error) {
	out, err := command.Run(ctx, command.Program{
		Argv: git(dir, "rev-parse", "--is-shallow-repository", "--absolute-git-dir"), Env: Environment(environ), Time: time.Minute, Stdout: 8 << 10, Stderr: 4 << 10,
	})
	if err != nil {
		if bytes.Contains(out.Stderr, []byte("not a git repository")) {
			return false, ErrNone
		}
		return false, explained(err, out.Stderr)
	}
	shallow, repository, _ := strings.Cut(strings.TrimSpace(string(out.Stdout)), "\n")
	if err := ownRepository(dir, repository); err != nil {
		return false, err
	}
	return shallow == "true", nil
}

func explained(err error, stderr []byte) error {
	if text := strings.TrimSpace(string(stderr)); text != "" {
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}

// git is a command line that starts nothing which the repository's settings name.
func git(dir string, args ...string) []string {
	return append([]string{
		"git", "-C", dir, "--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false", "-c", "log.showSignature=false",
		"-c", "log.showRoot=true", "-c", "log.mailmap=false", "-c", "diff.renames=false", "-c", "diff.ignoreSubmodules=all", "-c", "core.quotePath=false",
		"-c", "log.diffMerges=separate", // which -m asks for, unless a person's settings know better
	}, args...)
}

// Environment is that of git: without what would lead it to another repository, as hooks have it, and with what keeps it from asking,
// fetching and writing.
func Environment(environ []string) []string {
	var kept []string
	for _, variable := range environ {
		switch name, _, _ := strings.Cut(variable, "="); name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_TRACE", "GIT_TRACE2", "GIT_TRACE2_EVENT", "GIT_REDIRECT_STDOUT",
			"GIT_COMMON_DIR", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS":
		default:
			kept = append(kept, variable)
		}
	}
	return append(kept, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none") // the last for versions before 2.39.4, which know no other
}

// Walk calls visit with each content below a directory, or of one of its files (name; "" for all), those of a commit after those of its
// parents. A content of more than limit bytes comes without it. The Blob's Content is valid until visit returns. Errors are visit's,
// those of ctx, and git's.
func Walk(ctx context.Context, environ []string, dir, name string, limit int64, visit func(Blob) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	env := Environment(environ)
	list := make(chan Blob, 256)
	errs := make(chan error, 3)

	logOut, logIn := io.Pipe()
	args := []string{"log", "--all", "--full-history", "--topo-order", "--reverse", "--raw", "-m", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--relative", "-z", "--format=%x01%H", "--", "."}
	if name != "" {
		args[len(args)-1] = ":(literal)" + name
	}
	go func() { errs <- stream(ctx, command.Program{Argv: git(dir, args...), Env: env, Into: logIn}, logIn) }()

	wanted, want := io.Pipe()
	go func() {
		defer close(list)
		err := blobs(logOut, func(b Blob, id string) error {
			select {
			case list <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
			_, err := io.WriteString(want, id+"\n")
			return err
		})
		_ = want.CloseWithError(err) // nil: the end
		_ = logOut.CloseWithError(cmpErr(err, io.ErrClosedPipe))
		errs <- err
	}()

	read, given := io.Pipe()
	go func() {
		err := stream(ctx, command.Program{Argv: git(dir, "cat-file", "--batch"), Env: env, Stdin: wanted, Into: given}, given)
		_ = wanted.CloseWithError(io.ErrClosedPipe)
		errs <- err
	}()

	err := contents(bufio.NewReaderSize(read, 64<<10), list, limit, visit)
	if err != nil {
		cancel()
	}
	_ = read.CloseWithError(io.ErrClosedPipe)
	if err != nil {
		_ = logOut.CloseWithError(err)
		_ = wanted.CloseWithError(err)
		for range list {
			continue // so that who fills it comes to its end
		}
	}
	for range 3 {
		if other := <-errs; err == nil {
			err = other
		} else if errors.Is(err, errShort) && other != nil && !errors.Is(other, io.ErrClosedPipe) && !errors.Is(other, context.Canceled) {
			err = other // why it was short
		}
	}
	return err
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// stream runs git until its end, and closes what it writes into.
func stream(ctx context.Context, p command.Program, into *io.PipeWriter) error {
	p.Time, p.Stderr = patience, 4<<10
	out, err := command.Run(ctx, p)
	if err != nil {
		err = explained(err, out.Stderr)
	}
	_ = into.CloseWithError(err)
	return err
}

// blobs reads what `git log --raw -z` prints, and tells of each content once.
func blobs(from io.Reader, tell func(b Blob, id string) error) error {
	r := bufio.NewReaderSize(from, 64<<10)
	seen := make(map[[32]byte]struct{})
	commit := ""
	for {
		field, err := token(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		field = strings.TrimLeft(field, "\n")
		if after, ok := strings.CutPrefix(field, "\x01"); ok {
			commit, _, _ = strings.Cut(after, "\n")
			continue
		}
		if !strings.HasPrefix(field, ":") {
			continue
		}
		parts := strings.Fields(field) // :100644 100644 OLD NEW M
		path, err := token(r)
		if err != nil {
			return err
		}
		if len(parts) != 5 || !strings.HasPrefix(parts[1], "100") { // a link, a submodule, or removed
			continue
		}
		var id [32]byte
		if n, err := hex.Decode(id[:], []byte(parts[3][:min(len(parts[3]), 64)])); err != nil || n < 20 {
			continue
		}
		if _, ok := seen[id]; ok {
			continue
		}
		seen[id] = struct{}{}
		if err := tell(Blob{Commit: commit, Path: path}, parts[3]); err != nil {
			return err
		}
	}
}

// token reads up to the next zero.
func token(r *bufio.Reader) (string, error) {
	var all []byte
	for {
		part, err := r.ReadSlice(0)
		all = append(all, part...)
		switch {
		case err == nil:
			return string(all[:len(all)-1]), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			if len(all) > 0 && errors.Is(err, io.EOF) {
				return string(all), nil
			}
			return "", err
		case len(all) > maxLine:
			return "", errors.New("git names a path that is longer than any")
		}
	}
}

var errShort = errors.New("git ended before it gave every content")

// contents reads what `git cat-file --batch` prints of the blobs in the list.
func contents(r *bufio.Reader, list <-chan Blob, limit int64, visit func(Blob) error) error {
	var buffer []byte
	for b := range list {
		head, err := r.ReadString('\n')
		if err != nil {
			return errShort
		}
		parts := strings.Fields(head) // ID blob SIZE, or ID missing
		if len(parts) == 2 && parts[1] == "missing" {
			b.Missing = true
			if err := visit(b); err != nil {
				return err
			}
			continue
		}
		if len(parts) != 3 {
			return fmt.Errorf("git says %q of a content", head)
		}
		if b.Size, err = strconv.ParseInt(parts[2], 10, 64); err != nil || b.Size < 0 {
			return fmt.Errorf("git says %q of a content", head)
		}
		if b.Size > limit {
			if _, err := io.CopyN(io.Discard, r, b.Size+1); err != nil {
				return errShort
			}
		} else {
			if int64(cap(buffer)) < b.Size+1 {
				buffer = make([]byte, b.Size+1)
			}
			if _, err := io.ReadFull(r, buffer[:b.Size+1]); err != nil {
				return errShort
			}
			b.Content = buffer[:b.Size:b.Size]
		}
		if err := visit(b); err != nil {
			return err
		}
	}
	return nil
}
