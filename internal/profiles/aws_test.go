package profiles

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// plan is what becomes of the file; entries of the given identities are stale.
func plan(t *testing.T, target Target, want []Profile, stale ...string) *Plan {
	t.Helper()
	p, err := target.Plan(testHelper(), want, of(stale...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAFreshFileIsThePersonsAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), ".aws")
	aws := awsIn(t, dir)
	p := plan(t, aws, testProfiles())
	if _, err := os.Stat(dir); err == nil {
		t.Error("planning made the directory")
	}
	apply(t, p)
	want := []Change{{Profile: "dbx-ml-reader", Action: Added}, {Profile: "dbx-ml-trainer", Action: Added}}
	if d := cmp.Diff(want, p.Changes); d != "" {
		t.Error(d)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, mode := range map[string]os.FileMode{aws.Path: 0o600, dir: 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, mode)
		}
	}
}

func TestWhatIsWrittenMeanwhileIsKept(t *testing.T) {
	t.Parallel()
	aws := awsTarget(t)
	p := plan(t, aws, testProfiles()[:1])
	write(t, aws.Path, []byte("[default]\nregion = eu-west-1\n"))
	apply(t, p)
	want := "[default]\nregion = eu-west-1\n\n[profile dbx-ml-reader]\ncredential_process = " +
		"/usr/local/bin/dbxaccess credential-process --role ml-reader --identity acme\nregion = us-east-1\n"
	if got := string(read(t, aws.Path)); got != want {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(p.Diff(), "@@ -2,0 +3,4 @@") {
		t.Errorf("the diff does not tell what was done:\n%s", p.Diff())
	}

	// The name was taken after the plan was made.
	p = plan(t, aws, testProfiles())
	theirs := []byte("[profile dbx-ml-trainer]\nrole_arn = x\n")
	write(t, aws.Path, theirs)
	if err := p.Apply(); err == nil || string(read(t, aws.Path)) != string(theirs) {
		t.Errorf("another's section was touched (%v)", err)
	}
}

func TestALinkedConfigIsWrittenThrough(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("an ordinary user may not make symbolic links here")
	}
	aws := awsTarget(t)
	dotfiles := filepath.Join(t.TempDir(), "aws-config")
	write(t, dotfiles, []byte("# mine\n"))
	if err := os.Symlink(dotfiles, aws.Path); err != nil {
		t.Fatal(err)
	}
	apply(t, plan(t, aws, testProfiles()))
	if got := string(read(t, dotfiles)); !strings.HasPrefix(got, "# mine\n\n[profile dbx-ml-reader]\n") {
		t.Errorf("got %q", got)
	}
	if info, err := os.Lstat(aws.Path); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone (%v)", err)
	}
	if err := os.Remove(dotfiles); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.Plan(testHelper(), testProfiles(), nil); err == nil || ui.HintOf(err) == "" {
		t.Errorf("a dangling link: %v", err)
	}
}

func TestPruneTakesOnlyWhatWeWroteForTheIdentity(t *testing.T) {
	t.Parallel()
	entry := func(profile, role, identity, more string) string {
		return "[profile " + profile + "]\ncredential_process = /x/dbxaccess credential-process --role " + role +
			" --identity " + identity + more + "\n"
	}
	const keep = "credential_process"
	for name, c := range map[string]struct {
		section string
		pruned  bool
	}{
		"a role that went":         {entry("dbx-gone", "gone", "acme", ""), true},
		"an older prefix":          {entry("old-ml-reader", "ml-reader", "acme", ""), true},
		"another identity":         {entry("dbx-gone", "gone", "another", ""), false},
		"a name of their own":      {entry("work", "gone", "acme", ""), false},
		"the default profile":      {strings.Replace(entry("default", "gone", "acme", ""), "profile ", "", 1), false},
		"a narrower one":           {entry("dbx-gone", "gone", "acme", " --scope churn"), false},
		"another program":          {strings.Replace(entry("dbx-gone", "gone", "acme", ""), "/dbxaccess", "/other", 1), false},
		"no names we could give":   {entry("DBX-gone", "gone", "acme", ""), false},
		"quotes and another path":  {strings.Replace(entry("dbx-gone", "gone", "acme", ""), "/x/dbxaccess", `"C:\a b\dbxaccess.exe"`, 1), true},
		"with a key of a person's": {entry("dbx-gone", "gone", "acme", "") + "output = json\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws := awsTarget(t)
			write(t, aws.Path, []byte(c.section))
			apply(t, plan(t, aws, testProfiles()))
			if got := string(read(t, aws.Path)); !strings.HasPrefix(got, c.section) {
				t.Errorf("without Prune something was removed: %q", got)
			}
			p := plan(t, aws, testProfiles(), "acme", "nobody")
			apply(t, p)
			got := string(read(t, aws.Path))
			if gone := strings.Count(got, keep) == len(testProfiles()); gone != c.pruned || len(p.Changes) == 3 != c.pruned {
				t.Errorf("pruned %v, want %v: %v %q", gone, c.pruned, p.Changes, got)
			}
			if strings.Contains(c.section, "output") {
				note := p.Changes[2].Note
				if !strings.HasPrefix(got, "[profile dbx-gone]\noutput = json\n") || !strings.Contains(note, "output") {
					t.Errorf("got %q with the note %q", got, note)
				}
			}
		})
	}
}

func TestListAndRemove(t *testing.T) {
	t.Parallel()
	aws := awsTarget(t)
	if all, err := aws.List(); err != nil || len(all) != 0 {
		t.Errorf("no file: %v, %v", all, err)
	}
	write(t, aws.Path, []byte("# mine\n[profile work]\ncredential_process = '/a b/dbxaccess' credential-process --role=x\n"))
	apply(t, plan(t, aws, testProfiles()))
	all, err := aws.List()
	if err != nil {
		t.Fatal(err)
	}
	want := []Entry{
		{Profile: Profile{Name: "work", Role: "x"}, Helper: "/a b/dbxaccess", Line: 2},
		{Profile: testProfiles()[0], Helper: "/usr/local/bin/dbxaccess", Line: 5, Written: true},
		{Profile: testProfiles()[1], Helper: "/usr/local/bin/dbxaccess", Line: 9, Written: true},
	}
	for i := range want {
		want[i].For, want[i].File = ForAWS, aws.Path
	}
	if d := cmp.Diff(want, all); d != "" {
		t.Error(d)
	}
	for _, c := range []struct {
		identities []string
		removed    int
	}{{[]string{}, 0}, {[]string{"another"}, 0}, {[]string{"acme"}, 2}} {
		p, err := aws.Remove(of(c.identities...))
		if err != nil || len(p.Changes) != c.removed {
			t.Errorf("%v: %v, %v", c.identities, p.Changes, err)
		}
		apply(t, p)
	}
	if got := string(read(t, aws.Path)); strings.Count(got, "\n") != 3 || !strings.HasPrefix(got, "# mine\n[profile work]\n") {
		t.Errorf("got %q", got)
	}

	write(t, aws.Path, []byte("\xff\xfe"))
	if _, err := aws.List(); err == nil || !strings.Contains(err.Error(), "line 1: the file is UTF-16") || ui.HintOf(err) == "" {
		t.Errorf("got %v", err)
	}
}

func TestTheDiffShowsNoForeignLine(t *testing.T) {
	t.Parallel()
	aws := awsTarget(t)
	const canary = "canary-0123456789"
	write(t, aws.Path, []byte("[default]\naws_secret_access_key = "+canary+"\n[profile dbx-ml-reader]\n"+
		"credential_process = /x/dbxaccess credential-process --role ml-reader --identity acme\n"+
		"aws_session_token = "+canary+"\n# \x1b[31m\u202e"))
	p := plan(t, aws, testProfiles())
	if strings.Contains(p.Diff(), canary) || strings.Contains(p.Diff(), "\x1b") {
		t.Errorf("got\n%s", p.Diff())
	}
	if !strings.Contains(p.Diff(), "@@ -4 +4,2 @@ [profile dbx-ml-reader]\n-cred") {
		t.Errorf("got\n%s", p.Diff())
	}
}
