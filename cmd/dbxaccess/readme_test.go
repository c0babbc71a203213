//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inReadme are programs that the README's commands call and that this machine may not have, as far as they matter here: they ask
// dbxaccess for what they need as the real ones do, or check what they are given.
var inReadme = map[string]string{
	"aws": `process=$(sed -n "/^\[profile $2\]/,/^\[/s/^credential_process = //p" ~/.aws/config); test -n "$process" && exec sh -c "$process"`,
	"python": `
		if [ -n "$DATABRICKS_CONFIG_PROFILE" ]; then exec dbxaccess auth token --profile "$DATABRICKS_CONFIG_PROFILE"; fi
		if [ -n "$AWS_CONTAINER_CREDENTIALS_FULL_URI" ]; then echo served; exit; fi
		echo "An error occurred (AccessDenied) when calling the GetObject operation: User: arn:aws:sts::111122223333:assumed-role/ml-trainer/alice@example.com is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::acme-ml/other/x\" because no session policy allows the s3:GetObject action" >&2`,
	"dbt":  `test -n "$AWS_SECRET_ACCESS_KEY" && test -n "$DATABRICKS_TOKEN"`,
	"go":   `for p; do case $p in ./cmd/*) test -f "$REPOSITORY/$p/main.go" || exit 1;; esac; done; test "$1" = build`,
	"make": `for target; do grep -q "^$target:" "$REPOSITORY/Makefile" || exit 1; done`,
}

// TestTheReadmesCommandsWork types each line of the README's blocks called sh, one after the other, at a terminal with the sandbox as the
// company: a person who copies them gets what the page says.
func TestTheReadmesCommandsWork(t *testing.T) {
	d := newDesk(t)
	d.as("alice")
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	d.env = append(d.env, "DBXACCESS_MAP=", "REPOSITORY="+root, "AWS_ENDPOINT_URL_SIGNIN="+d.server.SigninURL())
	for name, script := range inReadme {
		d.file(filepath.Join("bin", name), "#!/bin/sh\n"+script+"\n")
		if err := os.Chmod(filepath.Join(d.home, "bin", name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	text := page(t, "README.md")
	maps := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(text)
	if maps == nil {
		t.Fatal("the README has no map")
	}
	d.file("access-map.yaml", maps[1])
	d.file("published.yaml", maps[1])
	d.readmeArchive()
	// The address of the company's map, and what the sandbox would take too long for.
	as := strings.NewReplacer("https://git.example.com/platform/access-map.yaml", filepath.Join(d.home, "map.yaml"), "console ml-trainer", "console ml-trainer --no-browser --show")
	ran := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(block[1]) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			ran++
			d.types(as.Replace(line))
		}
	}
	if ran < 20 {
		t.Errorf("only %d commands are found in the README", ran)
	}
}

// readmeArchive puts a release where a person has downloaded it: as .goreleaser.yml names and fills it.
func (d *desk) readmeArchive() {
	d.t.Helper()
	release := page(d.t, ".goreleaser.yml")
	for _, want := range []string{"project_name: dbxaccess\n", "formats: [tar.gz]", "name_template: checksums.txt"} {
		if !strings.Contains(release, want) || strings.Count(release, "name_template:") != 1 {
			d.t.Errorf(".goreleaser.yml no longer says %q, or names archives itself: the README does", want)
		}
	}
	const archive = "dbxaccess_1.2.0_linux_amd64.tar.gz"
	d.types("mkdir -p .local/bin pack && echo > pack/dbxaccess && echo > pack/dbxaccess-admin && tar -czf " + archive + " -C pack dbxaccess dbxaccess-admin && sha256sum " + archive + " > checksums.txt")
}

// types has a person type a line into a shell, say yes where they are asked, and it has to end well.
func (d *desk) types(line string) {
	d.t.Helper()
	wire, tty := openTerminal(d.t, 120, 40)
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir, cmd.Env = d.home, d.env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	_ = tty.Close()
	hung := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer hung.Stop()
	answers := []answer{{"[y/N] ", "y\n"}, {"[Y/n] ", "n\n"}}
	if line == "dbxaccess login" { // asks which role they use most
		answers = noDefault
	}
	written := converse(wire, answers)
	if err := cmd.Wait(); err != nil {
		d.t.Errorf("$ %s\n%s%v", line, written, err)
	}
}
