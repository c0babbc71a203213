package githistory

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// repository is one in a directory of the test, without a person's settings.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	needed.Program(t, "git")
	r := &repository{t, t.TempDir()}
	r.git("init", "-q", "-b", "main")
	return r
}

func environ() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_AUTHOR_NAME=alice", "GIT_AUTHOR_EMAIL=alice@example.com", "GIT_COMMITTER_NAME=alice", "GIT_COMMITTER_EMAIL=alice@example.com")
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.dir}, args...)...)
	cmd.Env = environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *repository) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		r.t.Fatal(err)
	}
}

// commit returns its id.
func (r *repository) commit() string {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", "change\n\n:100644 100644 a b M")
	return r.git("rev-parse", "HEAD")
}

// walked are the contents, as COMMIT PATH CONTENT.
func walked(t *testing.T, dir, name string, limit int64) (list []string) {
	t.Helper()
	err := Walk(t.Context(), environ(), dir, name, limit, func(b Blob) error {
		content := string(b.Content)
		if b.Content == nil {
			content = "too large"
		}
		if b.Missing {
			content = "missing"
		}
		list = append(list, b.Commit+" "+b.Path+" "+content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEachContentComesOnceWithTheCommitThatBroughtIt(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	if list := walked(t, r.dir, "", 100); len(list) != 0 {
		t.Errorf("of nothing: %q", list)
	}
	r.write("a.txt", "one")
	r.write("sub/ü \n b.txt", "two")
	first := r.commit()
	r.write("a.txt", "three")
	r.write("copy.txt", "one") // the same content
	second := r.commit()
	r.git("checkout", "-q", "-b", "side", first)
	r.write("side.txt", "four")
	if err := os.Symlink("a.txt", filepath.Join(r.dir, "link")); err != nil {
		t.Fatal(err)
	}
	side := r.commit()
	r.git("checkout", "-q", "main")
	r.git("merge", "-q", "--no-commit", "--no-ff", "side")
	r.write("evil.txt", "five") // that neither side had
	merge := r.commit()
	r.git("rm", "-q", "side.txt", "a.txt")
	r.commit()
	r.write("large.bin", strings.Repeat("x", 101))
	large := r.commit()

	want := []string{
		first + " a.txt one", first + " sub/ü \n b.txt two", second + " a.txt three", side + " side.txt four", merge + " evil.txt five", large + " large.bin too large",
	}
	list := walked(t, r.dir, "", 100)
	slices.Sort(list)
	slices.Sort(want)
	if !slices.Equal(list, want) {
		t.Errorf("walked\n%q, want\n%q", list, want)
	}
	if list := walked(t, filepath.Join(r.dir, "sub"), "", 100); !slices.Equal(list, []string{first + " ü \n b.txt two"}) {
		t.Errorf("below a directory: %q", list)
	}
	if list := walked(t, r.dir, "a.txt", 100); !slices.Equal(list, []string{first + " a.txt one", second + " a.txt three"}) {
		t.Errorf("of a file: %q", list)
	}
}

// What a repository's settings name is not run, whoever wrote them.
func TestNothingThatARepositoryNamesIsRun(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("a.txt", "one")
	r.write(".gitattributes", "*.txt diff=x filter=x")
	r.commit()
	trace := filepath.Join(t.TempDir(), "ran")
	program := "sh -c 'touch " + trace + "'"
	for _, key := range []string{"core.fsmonitor", "core.pager", "pager.log", "diff.external", "diff.x.command", "diff.x.textconv", "filter.x.smudge", "filter.x.clean", "gpg.program", "core.editor", "core.sshCommand", "alias.log", "alias.cat-file"} {
		r.git("config", key, program)
	}
	r.git("config", "log.showSignature", "true")
	if list := walked(t, r.dir, "", 100); len(list) != 2 {
		t.Errorf("%q", list)
	}
	if _, err := os.Stat(trace); err == nil {
		t.Error("it was run")
	}
}

func TestWhatIsNotThereIsTold(t *testing.T) {
	t.Parallel()
	needed.Program(t, "git")
	if _, err := Shallow(t.Context(), environ(), t.TempDir()); !errors.Is(err, ErrNone) {
		t.Errorf("no repository: %v", err)
	}
	r := newRepository(t)
	r.write("a.txt", "one")
	r.commit()
	r.write("a.txt", "two")
	r.commit()
	if shallow, err := Shallow(t.Context(), environ(), r.dir); shallow || err != nil {
		t.Error(shallow, err)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	r.git("clone", "-q", "--depth", "1", "file://"+r.dir, clone)
	if shallow, err := Shallow(t.Context(), environ(), clone); !shallow || err != nil {
		t.Error(shallow, err)
	}
	id := r.git("rev-parse", "HEAD~1:a.txt")
	if err := os.Remove(filepath.Join(r.dir, ".git", "objects", id[:2], id[2:])); err != nil {
		t.Fatal(err)
	}
	if list := walked(t, r.dir, "", 100); len(list) != 2 || !strings.HasSuffix(list[0], " a.txt missing") {
		t.Errorf("%q", list)
	}
	// Another error of git's is passed on with what it said.
	if err := os.WriteFile(filepath.Join(r.dir, ".git", "config"), []byte("[broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Walk(t.Context(), environ(), r.dir, "", 100, func(Blob) error { return nil }); err == nil || !strings.Contains(err.Error(), "config") {
		t.Errorf("a broken repository: %v", err)
	}
}

func TestAWalkEndsWhenItIsTold(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	for _, name := range []string{"a", "b", "c", "d"} {
		r.write(name, strings.Repeat(name, 200_000))
	}
	r.commit()
	enough := errors.New("enough")
	if err := Walk(t.Context(), environ(), r.dir, "", 1<<20, func(Blob) error { return enough }); !errors.Is(err, enough) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := Walk(ctx, environ(), r.dir, "", 1<<20, func(Blob) error {
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestEnvironmentLeadsToNoOtherRepository(t *testing.T) {
	t.Parallel()
	env := Environment([]string{"PATH=/bin", "GIT_DIR=/x", "GIT_WORK_TREE=/x", "GIT_INDEX_FILE=/x", "GIT_CONFIG_COUNT=0"})
	for _, variable := range env {
		if strings.HasSuffix(variable, "=/x") {
			t.Error(variable)
		}
	}
	if !slices.Contains(env, "GIT_CONFIG_COUNT=0") || !slices.Contains(env, "GIT_NO_LAZY_FETCH=1") {
		t.Errorf("%q", env)
	}
}

// Whatever is said in git's name, each content is told once, and there is an end.
// A merge that brings something of its own is looked at whatever the settings say of merges, and a file by whatever they say of patterns.
func TestSettingsTakeNothingAway(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("a.txt", "one")
	first := r.commit()
	r.git("checkout", "-q", "-b", "side")
	r.write("side.txt", "two")
	r.commit()
	r.git("checkout", "-q", "main")
	r.write("b.txt", "three")
	r.commit()
	r.git("merge", "-q", "--no-commit", "--no-ff", "side")
	r.write("evil.txt", "four")
	merge := r.commit()
	for _, of := range []string{"off", "dense-combined", "first-parent"} {
		r.git("config", "log.diffMerges", of)
		if list := walked(t, r.dir, "", 100); !slices.Contains(list, merge+" evil.txt four") {
			t.Errorf("%s: %q", of, list)
		}
	}
	list := []string{}
	err := Walk(t.Context(), append(environ(), "GIT_LITERAL_PATHSPECS=1"), r.dir, "a.txt", 100, func(b Blob) error {
		list = append(list, b.Commit+" "+b.Path)
		return nil
	})
	if err != nil || !slices.Equal(list, []string{first + " a.txt"}) {
		t.Errorf("%q, %v", list, err)
	}
}

// No version of git fetches from where a repository says, by the program that it names.
func TestNothingIsFetched(t *testing.T) {
	t.Parallel()
	from, r := newRepository(t), newRepository(t)
	from.write("a.txt", "one")
	from.commit()
	cmd := exec.Command("git", "-C", r.dir, "fetch", "--no-auto-maintenance", from.dir)
	cmd.Env = Environment(environ())
	if out, err := cmd.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("not allowed")) {
		t.Errorf("%v: %s", err, out)
	}
}

func FuzzBlobs(f *testing.F) {
	const id = "0123456789012345678901234567890123456789"
	f.Add([]byte("\x01" + id + "\x00\n:000000 100644 " + strings.Repeat("0", 40) + " " + id + " A\x00a.txt\x00:120000 120000 " + id + " " + id + " M\x00b\x00"))
	f.Fuzz(func(t *testing.T, printed []byte) {
		seen := map[string]bool{}
		_ = blobs(bytes.NewReader(printed), func(_ Blob, id string) error {
			if id = strings.ToLower(id); seen[id] {
				t.Errorf("%s comes twice", id)
			}
			seen[id] = true
			return nil
		})
	})
}

// Whoever may commit may not have git take their files for the repository. One that stands by itself is named by a person.
func TestACheckoutsFilesAreNoRepository(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	for _, bare := range []string{"true", "false"} {
		for name, content := range map[string]string{
			"HEAD": "ref: refs/heads/main\n", "config": "[core]\nbare = " + bare + "\nrepositoryformatversion = 0\n", "objects/.k": "", "refs/heads/.k": "", "deep/keys.py": "x",
		} {
			r.write("src/"+name, content)
		}
		r.commit()
		for _, dir := range []string{"src", "src/deep"} {
			if _, err := Shallow(t.Context(), environ(), filepath.Join(r.dir, dir)); err == nil || !strings.Contains(err.Error(), "look through the checkout itself") {
				t.Errorf("%s, bare = %s: %v", dir, bare, err)
			}
		}
		if _, err := Shallow(t.Context(), environ(), r.dir); err != nil {
			t.Error(err)
		}
	}
	bare := filepath.Join(t.TempDir(), "bare.git")
	r.git("clone", "-q", "--bare", r.dir, bare)
	if _, err := Shallow(t.Context(), environ(), bare); err != nil {
		t.Errorf("one that stands by itself: %v", err)
	}
}
