package e2e

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/secretservice"
)

// What a person types in each shell to take a role's credentials over, as the help has it. The program then started is
// given its environment by that shell alone.
func shellLines() map[string][]string {
	const posix = `eval "$(dbxaccess env ` + trainer + `)" && `
	return map[string][]string{
		"bash": {"/usr/bin/bash", "-c", posix},
		"dash": {"/usr/bin/dash", "-c", posix},
		"zsh":  {"/usr/bin/zsh", "-c", posix},
		"fish": {"/usr/bin/fish", "-c", "dbxaccess env " + trainer + " --shell fish | source; and "},
		"nushell": {
			tools.Nushell, "--no-config-file", "-c", "dbxaccess env " + trainer + " --shell nushell | from json | load-env; ^",
		},
		"exec": {"/usr/bin/dash", "-c", "dbxaccess exec " + trainer + " --static -- "},
	}
}

// Every shell takes the credentials over, byte for byte, and the AWS CLI started from it works with them, though a
// profile and an old token were set that would have won.
func TestShells(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l := newLaptop(t, s)
	bus := secretservice.StartBus(t)
	bus.Unlocked(t, l.Home)
	l.Set("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	binary, err := product()
	if err != nil {
		t.Fatal(err)
	}
	l.Set("PATH", filepath.Dir(binary)+":"+l.Env("PATH"))
	initialise(t, l)
	stale := map[string]string{
		"AWS_PROFILE": "nonesuch", "AWS_DEFAULT_PROFILE": "nonesuch", "AWS_SECURITY_TOKEN": "old", "AWS_SESSION_TOKEN": "old",
		"AWS_ACCESS_KEY_ID": "AKIAOLD", "AWS_WEB_IDENTITY_TOKEN_FILE": "/nonesuch", "AWS_ACCOUNT_ID": "999988887777",
	}
	for name, value := range stale {
		l.Set(name, value)
	}
	for name, line := range shellLines() {
		r := inShell(t, l, line, "env -0")
		if got := environment(r.Stdout); r.Stdout != "" && got["AWS_ACCESS_KEY_ID"] != "AKIAOLD" {
			t.Errorf("%s, before the login: %q\n%s", name, got["AWS_ACCESS_KEY_ID"], r.Stderr)
		}
	}

	login(t, l, dex.Alice, trainer)
	keys := credentials(t, l, trainer)
	for name, line := range shellLines() {
		t.Run(name, func(t *testing.T) {
			got := environment(succeeded(t, inShell(t, l, line, "env -0")).Stdout)
			maps.DeleteFunc(got, func(name, _ string) bool { return !strings.HasPrefix(name, "AWS_") })
			want := map[string]string{
				"AWS_ACCESS_KEY_ID": keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY": keys.SecretAccessKey, "AWS_SESSION_TOKEN": keys.SessionToken,
				"AWS_CREDENTIAL_EXPIRATION": keys.Expiration.UTC().Format(time.RFC3339), "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
			}
			for _, kept := range []string{"AWS_CONFIG_FILE", "AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL_STS"} {
				want[kept] = l.Env(kept)
			}
			for name := range want {
				if got[name] != want[name] {
					t.Errorf("%s is not what was issued", name)
				}
				delete(got, name)
			}
			for name := range got {
				t.Errorf("%s is left over", name)
			}
			aws := "/usr/bin/aws --endpoint-url " + s.minio.URL + " s3 cp "
			allowed(t, inShell(t, l, line, aws+"s3://acme-ml/churn/train.csv -"), "inside the dataset")
			denied(t, inShell(t, l, line, aws+"s3://acme-ml/churn-secret/train.csv -"))
		})
	}
}

// inShell runs a shell that takes the credentials over and then runs a command.
func inShell(t *testing.T, l *laptop.Laptop, line []string, command string) laptop.Result {
	t.Helper()
	return l.Program(t, line[0], append(line[1:len(line)-1:len(line)-1], line[len(line)-1]+command)...)
}

func environment(printed string) map[string]string {
	variables := map[string]string{}
	for entry := range strings.SplitSeq(strings.TrimSuffix(printed, "\x00"), "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	return variables
}
