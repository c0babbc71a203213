package profiles

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func inspected(t *testing.T, config, credentials, databricks string) (aws, other Target) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if text == "" {
			return path
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("config", config)
	write("credentials", credentials)
	return awsIn(t, dir), databricksTarget(t, write("databrickscfg", databricks))
}

func TestStaticKeysAreFoundAndNotShown(t *testing.T) {
	t.Parallel()
	aws, _ := inspected(t,
		"[default]\nregion = x\naws_access_key_id = AKIACONFIG\n[profile plain]\nregion = x\n",
		"# mine\n[dbx-ml-trainer]\nAWS_ACCESS_KEY_ID=AKIAONE\naws_secret_access_key=s3cret\n[empty]\n", "")
	got, err := aws.StaticKeys()
	if err != nil {
		t.Fatal(err)
	}
	want := []StaticKeys{
		{Profile: "dbx-ml-trainer", Path: aws.credentials, Line: 3},
		{Profile: "default", Path: aws.Path, Line: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	none, _ := inspected(t, "", "", "")
	none.credentials = os.DevNull
	if got, err := none.StaticKeys(); err != nil || got != nil {
		t.Errorf("without files: %v, %v", got, err)
	}
}

func TestExposedFilesAreNamedWithTheirRemedy(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing there")
	}
	aws, databricks := inspected(t, "[default]\nregion = x\n", "[a]\naws_secret_access_key = s3cret\n", "[b]\ntoken = dapi-s3cret\n")
	if got := Exposures(aws, databricks); got != nil {
		t.Errorf("nothing is amiss, got %v", got)
	}
	for _, path := range []string{aws.Path, aws.credentials, databricks.Path} {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(aws.Path, 0o666); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(databricks.Path)
	if err := os.Chmod(dir, 0o707); err != nil {
		t.Fatal(err)
	}
	got := sentences(Exposures(aws, databricks))
	for _, want := range []string{
		"config can be written by other users", "chmod go-w '" + aws.Path + "'",
		"chmod go-r '" + aws.credentials + "'", "chmod go-r '" + databricks.Path + "'", "chmod go-w '" + dir + "'",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, got)
		}
	}
	if strings.Contains(got, "s3cret") || strings.Contains(got, "go-r '"+aws.Path) {
		t.Errorf("a file without secrets may be read, and none is shown:\n%s", got)
	}
}

func TestTheEnvironmentThatBeatsTheAWSProfiles(t *testing.T) {
	t.Parallel()
	ours := func(name string) bool { return name == "dbx-ml-trainer" }
	for _, c := range []struct {
		env  map[string]string
		want []string // the variables that are named
	}{
		{map[string]string{}, nil},
		{map[string]string{"AWS_PROFILE": "dbx-ml-trainer", "AWS_REGION": "x"}, nil},
		{map[string]string{"AWS_PROFILE": "other\x1b[31m"}, []string{"AWS_PROFILE"}},
		{map[string]string{"AWS_DEFAULT_PROFILE": "other"}, []string{"AWS_DEFAULT_PROFILE"}},
		{map[string]string{"AWS_ACCESS_KEY_ID": "AKIAONE", "AWS_SECRET_ACCESS_KEY": "s3cret"}, []string{"AWS_ACCESS_KEY_ID"}},
		{map[string]string{"AWS_ACCESS_KEY_ID": "AKIAONE"}, nil}, // half a key is none
		{map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/x", "AWS_ROLE_ARN": "arn"}, []string{"AWS_WEB_IDENTITY_TOKEN_FILE"}},
		{map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/x"}, nil},
	} {
		var got []string
		for _, warning := range AWSEnvironment(func(name string) string { return c.env[name] }, ours) {
			got = append(got, warning.Subject)
			text := warning.String()
			if !strings.Contains(text, ": unset "+warning.Subject) || strings.ContainsAny(text, "\x1b") ||
				strings.Contains(text, "s3cret") || strings.Contains(text, "AKIA") {
				t.Errorf("%v: %q", c.env, text)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v: %s", c.env, diff)
		}
	}
}
