package place

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// maxRepository bounds what git may keep of a repository while one file is read, in bytes. Servers that know
	// partial clones send commits and directories alone.
	maxRepository = 256 << 20
	// maxMemory bounds what git and its helpers may have each, in bytes: some answers they keep whole, however long.
	maxMemory = 1 << 30
	// watchEvery is how often that is looked at.
	watchEvery = 100 * time.Millisecond
)

// clone is a repository of one commit, in a directory of its own that nobody else may read.
type clone struct {
	git
	tools   *Tools
	program string
	dir     string
	commit  string
}

// read has git fetch one commit, and of it the one file, into a directory that is removed again. Nothing is checked out, so
// that no filter, hook or submodule of the repository has a say.
func (g git) read(ctx context.Context, t *Tools, tag string) (*Content, error) {
	if tag != "" && tag == g.ref {
		return &Content{Tag: tag, Unchanged: true}, nil
	}
	c, err := g.begin(t)
	if err != nil {
		return nil, err
	}
	content, err := c.fetch(ctx, tag)
	if err != nil {
		c.remove()
		return nil, err
	}
	content.close = c.remove
	return content, nil
}

func (g git) begin(t *Tools) (*clone, error) {
	program, err := lookPath("git")
	if err != nil {
		return nil, ui.Errorf("map-git-missing", ui.Failed, "the access map is in a git repository, and git can't be run: %w", err).
			With(ui.Advice("install git, or have the map's owner publish it at an https address"))
	}
	dir, err := os.MkdirTemp("", "dbxaccess-map-*")
	if err != nil {
		return nil, ui.Errorf("map-scratch-unwritable", ui.Failed, "making a directory to read the access map in: %w", err).
			With(ui.Advice("set TMPDIR to a directory that you may write to"))
	}
	return &clone{git: g, tools: t, program: program, dir: dir}, nil
}

func (c *clone) remove() { _ = os.RemoveAll(c.dir) }

func (c *clone) fetch(ctx context.Context, tag string) (*Content, error) {
	if _, err := c.run(ctx, 1<<10, "init", "--quiet", "--bare", "--template="); err != nil {
		return nil, err
	}
	if tag != "" { // of a commit that is there already nothing is fetched
		if now, err := c.remoteCommit(ctx); err != nil || now == tag {
			return &Content{Tag: tag, Unchanged: err == nil}, err
		}
	}
	ref := cmp.Or(c.ref, "HEAD")
	if _, err := c.run(ctx, 1<<10, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--filter=blob:none", "map", ref); err != nil {
		return nil, err
	}
	out, err := c.run(ctx, 1<<10, "rev-parse", "--verify", "--end-of-options", "FETCH_HEAD^{commit}")
	if err != nil {
		return nil, err
	}
	c.commit = strings.TrimSpace(string(out))
	data, err := c.blob(ctx, c.file, accessmap.MaxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ui.Errorf("map-git-file", ui.Failed, "%s has no file %s at %s", c.remote, c.file, ref).
			With(ui.Advice("check the path behind the two slashes, and ref"))
	}
	if err != nil {
		return nil, err
	}
	return &Content{Data: data, Tag: c.commit, signature: c.signature}, nil
}

// remoteCommit is the commit that the ref names there, "" for none.
func (c *clone) remoteCommit(ctx context.Context) (string, error) {
	ref := cmp.Or(c.ref, "HEAD")
	out, err := c.run(ctx, 64<<10, "ls-remote", "--quiet", "map", ref, ref+"^{}")
	if err != nil {
		return "", err
	}
	ids := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		ids[name] = id
	}
	// https://git-scm.com/docs/gitrevisions: what a short name means; a tag may be of another object than the commit.
	return cmp.Or(ids[ref], ids["refs/"+ref], ids["refs/tags/"+ref+"^{}"], ids["refs/tags/"+ref], ids["refs/heads/"+ref]), nil
}

func (c *clone) signature(ctx context.Context) (text []byte, place string, err error) {
	place = c.file + signatureSuffix + " of the same commit"
	text, err = c.blob(ctx, c.file+signatureSuffix, MaxSignature)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, place, fmt.Errorf("%w: %w", ErrNoSignature, fs.ErrNotExist)
	}
	return text, place, err
}

// blob is a file of the commit. The error is fs.ErrNotExist for one that is not there.
func (c *clone) blob(ctx context.Context, file string, limit int) ([]byte, error) {
	out, err := c.run(ctx, 64<<10, "ls-tree", "-z", "--full-tree", c.commit, "--", file)
	if err != nil {
		return nil, err
	}
	about, _, _ := strings.Cut(string(out), "\t") // 100644 blob ID
	part := strings.Fields(about)
	switch {
	case len(part) == 0:
		return nil, fs.ErrNotExist
	case len(part) != 3 || !strings.HasPrefix(part[0], "100"):
		return nil, ui.Errorf("map-git-file", ui.Failed, "%s of %s is no file, but a directory, a link or another repository", file, c.remote).
			With(ui.Advice("name the file itself"))
	}
	return c.run(ctx, limit, "cat-file", "blob", part[2])
}

// run runs git on the clone, which may fetch what is missing there.
func (c *clone) run(ctx context.Context, limit int, args ...string) ([]byte, error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go c.watch(ctx, end)
	settings := []string{
		"-C", c.dir, "--no-pager", "-c", "remote.map.url=" + c.remote, "-c", "remote.map.promisor=true", "-c", "remote.map.partialCloneFilter=blob:none",
		"-c", "protocol.version=2", "-c", "http.followRedirects=false", "-c", "http.sslVerify=true", "-c", "credential.interactive=false",
		"-c", "core.hooksPath=" + os.DevNull, "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.recurseSubmodules=false",
		"-c", "fetch.fsckObjects=true", "-c", "transfer.bundleURI=false", "-c", "submodule.recurse=false",
	}
	out, err := c.tools.run(ctx, "waiting for git to read "+c.Shown(), command.Program{
		Argv: append(append([]string{c.program}, settings...), args...), Env: gitEnvironment(c.tools.environ(), c.dir), Stdout: limit, Memory: maxMemory,
	})
	switch {
	case err == nil:
		return out.Stdout, nil
	case errors.Is(err, command.ErrTooMuch):
		return nil, tooLarge(c)
	case errors.Is(err, errRepository):
		return nil, ui.Errorf("map-git-large", ui.Failed, "%s is larger than a repository that a map is read from may be (%d MB for one commit)", c.remote, maxRepository>>20).
			With(smaller)
	}
	return nil, c.explain(err, out.Stderr)
}

// smaller is what helps where a repository is too large.
var smaller = ui.Advice("ask the map's owner to keep it in a repository of its own")

var errRepository = errors.New("it is too large")

// watch ends git where it keeps more than it may.
func (c *clone) watch(ctx context.Context, end context.CancelCauseFunc) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		total := int64(0)
		_ = filepath.WalkDir(c.dir, func(_ string, entry fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // git renames what it has written
			}
			if info, err := entry.Info(); err == nil {
				total += info.Size()
			}
			return nil
		})
		if total > maxRepository {
			end(errRepository)
			return
		}
	}
}

// gitKept are the variables of git's own that a person may need to reach a server. The others lead it to another
// repository, as hooks have them, or are a way to run something.
var gitKept = []string{
	"GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY", "GIT_PROXY_SSL_CAINFO",
	"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
}

// gitEnvironment keeps git from asking: without a terminal and a window to ask in, it fails, and the person is told what to
// run by hand. Of the transports it may use those of addresses alone.
func gitEnvironment(environ []string, dir string) []string {
	var kept []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "GIT_") && !slices.Contains(gitKept, name) || name == "SSH_ASKPASS" || name == "LANGUAGE" || strings.HasPrefix(name, "LC_") {
			continue
		}
		kept = append(kept, variable)
	}
	return append(kept, "LC_ALL=C", "GIT_DIR="+dir, "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS_REQUIRE=never", "GCM_INTERACTIVE=never",
		"GIT_ALLOW_PROTOCOL=https:ssh:http", "GIT_LITERAL_PATHSPECS=1", "GIT_LFS_SKIP_SMUDGE=1", "GIT_OPTIONAL_LOCKS=0")
}
