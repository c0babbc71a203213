package profiles

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestATakenNameIsRefused(t *testing.T) {
	t.Parallel()
	const ours = "credential_process = /usr/local/bin/dbxaccess credential-process --role ml-reader --identity acme\n"
	for name, c := range map[string]struct{ config, credentials, message string }{
		"another's section":        {"\n[profile dbx-ml-reader]\nrole_arn = x\n", "", "[profile dbx-ml-reader] (line 2)"},
		"an empty one":             {"[profile dbx-ml-reader]\n", "", "[profile dbx-ml-reader] (line 1)"},
		"another program":          {"[profile dbx-ml-reader]\ncredential_process = /x/other credential-process\n", "", "line 1"},
		"another command of ours":  {"[profile dbx-ml-reader]\ncredential_process = dbxaccess exec x\n", "", "line 1"},
		"a shell around it":        {"[profile dbx-ml-reader]\ncredential_process = sh -c dbxaccess\n", "", "line 1"},
		"only nested":              {"[profile dbx-ml-reader]\ns3 =\n  " + ours, "", "line 1"},
		"only a comment":           {"[profile dbx-ml-reader]\n# " + ours, "", "line 1"},
		"both":                     {"[profile dbx-ml-trainer]\n[profile dbx-ml-reader]\n", "", "[profile dbx-ml-reader] (line 2), [profile dbx-ml-trainer] (line 1)"},
		"a name with static keys":  {"", "[default]\n[dbx-ml-trainer]\naws_access_key_id = x\n", "[dbx-ml-trainer] (line 2)"},
		"even where ours is there": {"[profile dbx-ml-reader]\n" + ours, "[dbx-ml-reader]\n", "[dbx-ml-reader] (line 1)"},
		"static keys, indented":    {"", "[default]\n  [dbx-ml-reader]\n", "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws := awsTarget(t)
			write(t, aws.Path, []byte(c.config))
			write(t, aws.credentials, []byte(c.credentials))
			_, err := aws.Plan(testHelper(), testProfiles(), nil)
			id := ui.ID("profile-taken")
			if c.credentials != "" {
				id = "profile-shadowed"
			}
			if name == "static keys, indented" {
				id = "config-file-ambiguous"
			}
			if ui.IDOf(err) != id || !strings.Contains(err.Error(), c.message) || ui.HintOf(err) == "" {
				t.Fatalf("got %v with hint %q", err, ui.HintOf(err))
			}
			about := aws.Path
			if c.credentials != "" {
				about = aws.credentials
			} else if !strings.Contains(ui.HintOf(err), "dbxaccess config set profile_prefix dbxaccess-") {
				t.Errorf("the hint %q suggests no prefix", ui.HintOf(err))
			}
			if strings.Count(err.Error(), about) != 1 || strings.Contains(err.Error(), "aws_access_key_id") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A map may have a role of that name, and a person no prefix.
func TestARoleIsNotTheDefaultUnasked(t *testing.T) {
	t.Parallel()
	named := testProfiles()[0]
	named.Name = DefaultName
	if _, err := awsTarget(t).Plan(testHelper(), []Profile{named}, nil); ui.IDOf(err) != "profile-reserved" || ui.HintOf(err) == "" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
}

func TestCredentialsThatDoNotConflict(t *testing.T) {
	t.Parallel()
	aws := awsTarget(t)
	write(t, aws.credentials, []byte("[default]\naws_access_key_id = x\n[profile dbx-ml-reader]\n[dbx-ml-reader-2]\n[broken\n"))
	plan(t, aws, testProfiles())
	aws.credentials = os.DevNull // how people say that there is none
	plan(t, aws, testProfiles())
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	aws := awsTarget(t)
	write(t, aws.Path, []byte("[profile dbx-ml-reader]\ncredential_process = /x/dbxaccess credential-process --role ml-reader --identity acme\n"+
		"sso_session = corp\n"))
	if err := os.Chmod(aws.Path, 0o602); err != nil {
		t.Fatal(err)
	}
	p := plan(t, aws, testProfiles())
	got := sentences(p.Warnings)
	want := []string{"sso_session in the profile dbx-ml-reader (line 3)"}
	if runtime.GOOS != "windows" {
		want = append(want, "written by other users", "chmod go-w '"+aws.Path+"'")
	}
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%q is not in %q", w, got)
		}
	}
	if err := os.Chmod(aws.Path, 0o644); err != nil {
		t.Fatal(err)
	}
	apply(t, p)
	if len(p.Warnings) != 1 {
		t.Errorf("got %q", p.Warnings)
	}
}

func TestWhatComesFromTheMapIsCheckedAgain(t *testing.T) {
	t.Parallel()
	good := testProfiles()[0]
	bad := []string{
		"a;touch x", "a\nb", "a\n", "a]", "[a", "a\x00", "a b", "a$(id)", "a`id`", "a'", `a"`, `a\`, "a#b", "a=b", "a&b", "a|b",
		"a%b", "../a", "-a", ".a", "A", "ä", "a\u202e", strings.Repeat("a", 129),
	}
	for _, value := range bad {
		for what, p := range map[string]Profile{
			"profile":  {Name: value, Role: good.Role, Identity: good.Identity},
			"role":     {Name: good.Name, Role: value, Identity: good.Identity},
			"identity": {Name: good.Name, Role: good.Role, Identity: value},
			"region":   {Name: good.Name, Role: good.Role, Identity: good.Identity, Region: value},
		} {
			_, err := awsTarget(t).Plan(testHelper(), []Profile{good, p}, nil)
			if err == nil || ui.HintOf(err) == "" || strings.ContainsAny(err.Error(), "\n\x00") {
				t.Errorf("%s %q: got %v with hint %q", what, value, err, ui.HintOf(err))
			}
		}
	}
	for what, p := range map[string]Profile{
		"no name": {Role: "a", Identity: "a"}, "no role": {Name: "a", Identity: "a"}, "no identity": {Name: "a", Role: "a"},
	} {
		if _, err := awsTarget(t).Plan(testHelper(), []Profile{p}, nil); err == nil {
			t.Errorf("%s was accepted", what)
		}
	}
	long := Profile{Name: strings.Repeat("p", 65) + strings.Repeat("r", 63), Role: strings.Repeat("r", 63), Identity: "a", Region: "us-gov-east-1"}
	plan(t, awsTarget(t), []Profile{long})
	if _, err := awsTarget(t).Plan(testHelper(), []Profile{good, good}, nil); err == nil || ui.HintOf(err) == "" {
		t.Errorf("two roles of one profile: %v", err)
	}
}

func TestFilesAreFoundAsTheAWSToolsDo(t *testing.T) {
	t.Parallel()
	home := filepath.FromSlash("/home/alice")
	for name, c := range map[string]struct {
		env  map[string]string
		home string
		want [2]string
		id   ui.ID
	}{
		"by default": {nil, home, [2]string{filepath.Join(home, ".aws", "config"), filepath.Join(home, ".aws", "credentials")}, ""},
		"elsewhere":  {map[string]string{"AWS_CONFIG_FILE": "/x/c", "AWS_SHARED_CREDENTIALS_FILE": "s"}, "", [2]string{"/x/c", "s"}, ""},
		"expanded": {map[string]string{"AWS_CONFIG_FILE": "~/x/c", "AWS_SHARED_CREDENTIALS_FILE": "/a~/~s"}, home,
			[2]string{filepath.Join(home, "x", "c"), "/a~/~s"}, ""},
		"a variable in it": {map[string]string{"AWS_CONFIG_FILE": "$XDG_CONFIG_HOME/c", "XDG_CONFIG_HOME": "/x"}, home, [2]string{}, "config-path-variable"},
		"no home":          {nil, "", [2]string{}, "home-unknown"},
		"half":             {map[string]string{"AWS_CONFIG_FILE": "/x/c"}, "", [2]string{}, "home-unknown"},
		"another's home":   {map[string]string{"AWS_CONFIG_FILE": "~bob/c"}, home, [2]string{}, "config-path-tilde"},
		"the home itself":  {map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "~"}, home, [2]string{}, "config-path-tilde"},
		"home not to hand": {map[string]string{"AWS_CONFIG_FILE": "~/c", "AWS_SHARED_CREDENTIALS_FILE": "s"}, "", [2]string{}, "home-unknown"},
	} {
		target, err := AWS(func(key string) string { return c.env[key] }, c.home)
		got := [2]string{target.Path, target.credentials}
		if ui.IDOf(err) != c.id || (err != nil) != (c.id != "") || got != c.want || err != nil && ui.HintOf(err) == "" {
			t.Errorf("%s: got %v, %v with hint %q", name, got, err, ui.HintOf(err))
		}
	}
}
