package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// tellingInto is an examination that keeps IDs with their statuses.
func tellingInto(found *[]string, links Links) *examination {
	links.Now = time.Now
	return &examination{Links: links, tell: func(f Finding) { *found = append(*found, string(f.ID)+" "+string(f.Status)) }}
}

func parse(t *testing.T, text string) *accessmap.Map {
	t.Helper()
	m, err := accessmap.Parse("map.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const smallMap = `version: 1
identities:
  acme: {issuer: https://idp.example.com, client_id: x, groups: {ml: [ml-trainer]}}
workspaces:
  prod: {host: https://dbc-1234.cloud.databricks.com, login: browser}
roles:
  ml-trainer: {aws: {role_arn: "arn:aws:iam::111122223333:role/x", region: us-east-1}, workspace: prod}
`

func TestAMapThatIsNotFound(t *testing.T) {
	t.Parallel()
	var found []string
	d := tellingInto(&found, Links{MapFile: func() (string, bool, error) { return "", false, errors.New("no working directory") }})
	if m, _ := d.checkMap(&config.Settings{}); m != nil {
		t.Error("there is a map")
	}
	d.checkOrigin(t.Context(), t.TempDir(), "")
	if diff := cmp.Diff([]string{"map-not-found fault", "map-origin-unknown fault"}, found); diff != "" {
		t.Error(diff)
	}
}

func TestAMapThatAWSWouldRefuse(t *testing.T) {
	t.Parallel()
	var datasets, names strings.Builder
	for i := range 60 {
		fmt.Fprintf(&datasets, "  d%d: {location: s3://acme-bucket-number-%d/a/long/prefix/of/this/dataset/}\n", i, i)
		fmt.Fprintf(&names, "d%d, ", i)
	}
	m := parse(t, strings.Replace(smallMap, "workspace: prod", "workspace: prod, read: ["+strings.TrimSuffix(names.String(), ", ")+"]", 1)+
		"datasets:\n"+datasets.String())
	var found []string
	tellingInto(&found, Links{}).checkMapContent(m, "map.yaml")
	if len(found) == 0 || found[0] != "map-errors fault" {
		t.Errorf("got %q", found)
	}
}

func TestSessionsThatAreNotRenewed(t *testing.T) {
	t.Parallel()
	m := parse(t, smallMap)
	g := given{view: &access.View{Map: m}, broker: broker.New(broker.Parts{Now: time.Now})}
	soon, later := time.Now(), time.Now().Add(time.Hour)
	for id, session := range map[string]*login.Session{
		"refresh-token-missing":  {Subject: "alice", Refreshed: soon, IDTokenExpires: later},
		"silent-renewal-missing": {Subject: "alice", Refreshed: soon, IDTokenExpires: later, RefreshToken: secret.New("x"), NoSilentRenewal: true},
	} {
		var found []string
		d := tellingInto(&found, Links{})
		if signIn := d.checkSignIn(t.Context(), g, m.Identities["acme"], session, true); signIn == nil {
			t.Errorf("%s: it can be used", id)
		}
		if diff := cmp.Diff([]string{id + " warning"}, found); diff != "" {
			t.Error(diff)
		}
	}
}

func TestADefaultRoleThatIsNotGiven(t *testing.T) {
	t.Parallel()
	var found []string
	g := given{settings: &config.Settings{DefaultRole: "ml-trainer"}, view: &access.View{Map: parse(t, smallMap)}}
	d := tellingInto(&found, Links{})
	d.checkDefaultRole(g)
	g.rows = []access.Row{{Role: "ml-trainer"}}
	d.checkDefaultRole(g)
	if diff := cmp.Diff([]string{"default-role-not-given warning"}, found); diff != "" {
		t.Error(diff)
	}
}

func TestProfilesThatCanNotBeRead(t *testing.T) {
	t.Parallel()
	nowhere := func() (profiles.Target, error) { return profiles.Target{}, errors.New("no home") }
	var found []string
	tellingInto(&found, Links{AWSFile: nowhere, DatabricksFile: nowhere}).checkProfiles(given{})

	home := t.TempDir()
	for _, file := range []string{filepath.Join(home, ".aws", "config"), filepath.Join(home, ".databrickscfg")} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("\xff\xfe[\x00"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	getenv := func(string) string { return "" }
	d := tellingInto(&found, Links{
		AWSFile:        func() (profiles.Target, error) { return profiles.AWS(getenv, home) },
		DatabricksFile: func() (profiles.Target, error) { return profiles.Databricks(getenv, home) },
		Helper:         func() (profiles.Helper, error) { return profiles.Helper{}, errors.New("it is called otherwise") },
	})
	d.checkProfiles(given{lacking: noSignIn})
	if diff := cmp.Diff([]string{
		"profile-files-unknown fault", "profile-file-unreadable fault", "profile-file-unreadable fault", "helper-unusable fault",
		"static-keys-unreadable fault",
	}, found); diff != "" {
		t.Error(diff)
	}
}

func TestWarningsKeepTheirID(t *testing.T) {
	t.Parallel()
	w := ui.Warning{ID: "env-aws-key", Subject: "AWS_ACCESS_KEY_ID", What: "is set", Why: "it wins", Fix: ui.Command("unset it")}
	want := Finding{ID: w.ID, Check: "environment", Subject: w.Subject, Status: Warning, What: w.What, Why: w.Why, Fix: w.Fix}
	if diff := cmp.Diff(want, warned("environment", w), cmp.AllowUnexported(Finding{})); diff != "" {
		t.Error(diff)
	}
}

func TestVariablesOfAllProgramsAreSetAsTheSystemHasIt(t *testing.T) {
	t.Parallel()
	for goos, want := range map[string]string{
		"linux":  "A=…, B=… into ~/.config/environment.d/dbxaccess.conf",
		"darwin": "launchctl setenv A \"$A\"\nlaunchctl setenv B \"$B\"",
	} {
		if fix := forDesktop(goos, []string{"A", "B"}).String(); !strings.Contains(fix, want) {
			t.Errorf("%s: %s", goos, fix)
		}
	}
}
