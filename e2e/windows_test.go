package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/minio"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
	"github.com/dbxaccess/dbxaccess/e2e/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/e2e/internal/wine"
)

// patient is a program that waits for Ctrl-C and ends with 5 then.
const patient = `C:\tools\patient.exe`

// The build for Windows, under Wine: from the sign-in to the logout, with a session too large for one item of the Credential
// Manager. Its parts go in order, as they are one person's day at one computer, and
// nothing else runs meanwhile: Wine's programs start slowly.
func TestWindows(t *testing.T) {
	if tools.Windows == "" {
		t.Skip("Wine runs no program for amd64 here")
	}
	w := newWindows(t)
	s := startLogin(t, w.Laptop, trainer)
	s.approve(t, func(ctx context.Context, address, code string) error {
		return sandbox.Approve(ctx, address, code, sandbox.Alice)
	})
	keys := credentials(t, w.Laptop, trainer)

	t.Run("credential manager", func(t *testing.T) {
		if parts := strings.Count(credentialManager(t, w), "~"); parts < 2 {
			t.Errorf("the session is in %d parts, want several", parts)
		}
		if status := succeeded(t, w.Run(t, "status", "-o", "json")).Stdout; !strings.Contains(status, `"keyring": "credential-manager"`) {
			t.Errorf("status:\n%s", status)
		}
	})
	t.Run("helper line", func(t *testing.T) { windowsHelperLine(t, w, keys) })
	t.Run("shells", func(t *testing.T) { windowsShells(t, w, keys) })
	t.Run("exec", func(t *testing.T) { windowsExec(t, w) })
	t.Run("exec is interrupted", func(t *testing.T) { windowsInterrupted(t, w) })
	t.Run("exec is killed", func(t *testing.T) { windowsKilled(t, w, keys) })
	t.Run("what exec leaves", func(t *testing.T) { windowsLeft(t, w) })
	t.Run("crowd", func(t *testing.T) { windowsCrowd(t, w) })
	t.Run("profiles half written", func(t *testing.T) { windowsHalfWritten(t, w) })
	t.Run("logout", func(t *testing.T) {
		succeeded(t, w.Run(t, "logout"))
		if left := credentialManager(t, w); strings.Contains(left, "session/") || strings.Contains(left, "role/") {
			t.Errorf("the Credential Manager still holds:\n%s", left)
		}
		faulted(t, w.Run(t, "credential-process", "--role", trainer), codeLoginNeeded)
	})
}

// newWindows is a computer whose owner took the access map of two workspaces, and has lines of her own in the AWS config.
func newWindows(t *testing.T) *wine.Windows {
	t.Helper()
	program, err := sandboxProgram()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := windowsProduct()
	if err != nil {
		t.Fatal(err)
	}
	s := sandbox.Start(t, program, `{"user_groups":150}`)
	w := wine.New(t, tools.Windows, binary)
	w.Set("AWS_ENDPOINT_URL_STS", s.STSURL)
	w.Write(t, "windows/drive_c/map.yaml", fmt.Sprintf(databricksMap,
		s.Issuer, sandbox.ClientID, s.Prod.Host, s.Staging.Host, sandbox.Reader, sandbox.Trainer), 0o600)
	if err := os.Mkdir(filepath.Join(w.Person, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Person, laptop.AWSProfile), []byte("[profile mine]\r\nregion = eu-west-1\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	succeeded(t, w.Run(t, "init", "--from", `C:\map.yaml`, "--yes"))
	return w
}

// credentialManager lists the names of what it holds, where Wine keeps it.
func credentialManager(t *testing.T, w *wine.Windows) string {
	t.Helper()
	return succeeded(t, w.Program(t, "reg", "query", `HKCU\Software\Wine\Credential Manager`)).Stdout
}

// The line that was written for the AWS tools works as they run it, through cmd.exe, as does one that a person writes with quotes.
func windowsHelperLine(t *testing.T, w *wine.Windows, keys minio.Credentials) {
	config := w.Read(t, laptop.AWSProfile)
	if !strings.HasPrefix(config, "[profile mine]\r\nregion = eu-west-1\r\n") {
		t.Errorf("the lines that were there before have changed:\n%q", config)
	}
	line := regexp.MustCompile(`credential_process = (C:\\\S+\\dbxaccess\.exe credential-process --role ` + trainer + ` .*?)\r?\n`).FindStringSubmatch(config)
	if line == nil {
		t.Fatalf("no line, or one whose path has spaces:\n%s", config)
	}
	for _, line := range []string{line[1], `"` + w.Binary() + `" credential-process --role ` + trainer} {
		if got := answer(t, w.Batch(t, line)); got != keys {
			t.Errorf("%s gave other credentials", line)
		}
	}
	token := regexp.MustCompile(`databricks_cli_path = (\S+)`).FindStringSubmatch(w.Read(t, databricksProfile))
	if token == nil {
		t.Fatal("no path for the Databricks SDKs")
	}
	if r := succeeded(t, w.Batch(t, token[1]+" auth token --profile dbx-"+trainer)); !strings.Contains(r.Stdout, `"access_token"`) {
		t.Errorf("no token:\n%s", r.Stdout)
	}
}

// cmd.exe takes the variables over; PowerShell, which Wine does not have, gets statements of its own.
func windowsShells(t *testing.T, w *wine.Windows, keys minio.Credentials) {
	binary := `"` + w.Binary() + `"`
	r := succeeded(t, w.Batch(t, binary+" env "+trainer+" --shell cmd > C:\\env.bat", "call C:\\env.bat", "set AWS_"))
	for name, want := range map[string]string{
		"AWS_ACCESS_KEY_ID": keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY": keys.SecretAccessKey, "AWS_SESSION_TOKEN": keys.SessionToken,
	} {
		if !strings.Contains(r.Stdout, name+"="+want+"\r\n") {
			t.Errorf("cmd.exe has no %s as it was issued", name)
		}
	}
	if r := succeeded(t, w.Run(t, "env", trainer)); !strings.Contains(r.Stdout, "$Env:AWS_ACCESS_KEY_ID = '"+keys.AccessKeyID+"';") {
		t.Error("without $SHELL, what is printed is not PowerShell's")
	}
}

// A program's exit code is exec's; a batch file gets its arguments as they are, or is not started.
func windowsExec(t *testing.T, w *wine.Windows) {
	if r := w.Run(t, "exec", trainer, "--", "cmd", "/c", "exit", "7"); r.Code != 7 {
		t.Errorf("exit code %d, want the program's:\n%s", r.Code, r.Stderr)
	}
	w.Write(t, "windows/drive_c/say.bat", "@echo off\r\necho %1 %2\r\nexit /b 9\r\n", 0o600)
	if r := w.Run(t, "exec", trainer, "--", `C:\say.bat`, "two words", "a&echo b"); r.Code != 9 || !strings.Contains(r.Stdout, `"two words" "a&echo b"`) {
		t.Errorf("exit code %d:\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	r := w.Run(t, "exec", trainer, "--", `C:\say.bat`, `x"&echo b&"`)
	faulted(t, r, 126)
	if !strings.Contains(r.Stderr, `"C:\say.bat" can't be run: it is a batch file`) {
		t.Errorf("what is said:\n%s", r.Stderr)
	}
}

var control = regexp.MustCompile(`\x1b\[[?0-9;]*[A-Za-z]`)

// Ctrl-C is the program's: it decides what that means, and exec's exit code is what it decides.
func windowsInterrupted(t *testing.T, w *wine.Windows) {
	r, keys := w.StartInTerminal(t, w.Binary(), "exec", trainer, "--", patient)
	shows := func(words string) func() bool {
		return func() bool {
			return strings.Contains(control.ReplaceAllString(r.Stdout.String(), ""), words) || r.Ended()
		}
	}
	process.Eventually(t, time.Minute, "the program", shows("waiting"))
	if _, err := io.WriteString(keys, "\x03"); err != nil {
		t.Fatal(err)
	}
	if end := r.Wait(); end.Code != 5 {
		t.Errorf("exit code %d, want 5:\n%s", end.Code, control.ReplaceAllString(end.Stdout, ""))
	}
}

var assigned = regexp.MustCompile(`(AWS_CONTAINER_\w+)=(\S+)`)

// A program is served while it runs. When exec is killed, the program ends, which would go on with keys that nobody renews.
func windowsKilled(t *testing.T, w *wine.Windows, keys minio.Credentials) {
	w.Write(t, "windows/drive_c/serve.bat", "@echo off\r\nset AWS_\r\n"+patient+"\r\n", 0o600)
	r := w.StartProduct(t, "exec", trainer, "--", `C:\serve.bat`)
	process.Eventually(t, time.Minute, "the program", func() bool { return strings.Contains(r.Stdout.String(), "waiting") || r.Ended() })
	told := map[string]string{}
	for _, pair := range assigned.FindAllStringSubmatch(r.Stdout.String(), -1) {
		told[pair[1]] = pair[2]
	}
	if body := served(t, told["AWS_CONTAINER_CREDENTIALS_FULL_URI"], told["AWS_CONTAINER_AUTHORIZATION_TOKEN"]); !strings.Contains(body, keys.AccessKeyID) {
		t.Errorf("what the program is served:\n%s", body)
	}
	if !w.Runs(t, patient) {
		t.Fatal("the program does not run")
	}
	r.Signal(9)
	process.Eventually(t, time.Minute, "the program to end", func() bool { return !w.Runs(t, patient) })
}

// The directory of a program's own files goes with the program, and that of an exec which was killed with the next one.
func windowsLeft(t *testing.T, w *wine.Windows) {
	succeeded(t, w.Run(t, "exec", trainer, "--", "cmd", "/c", "exit", "0"))
	left, err := os.ReadDir(filepath.Join(w.Person, "AppData", "Local", "dbxaccess", "locks", "exec"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if entry.IsDir() {
			t.Errorf("%s is still there", entry.Name())
		}
	}
}

func served(t *testing.T, address, token string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", token)
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// crowd is how many helpers ask at once.
const crowd = 50

// A crowd that asks for a role which nobody has asked for gets what one of them was issued.
func windowsCrowd(t *testing.T, w *wine.Windows) {
	running := make([]*laptop.Running, crowd)
	for i := range running {
		running[i] = w.StartProduct(t, "credential-process", "--role", reader)
	}
	first := answer(t, running[0].Wait())
	for _, r := range running[1:] {
		if got := answer(t, r.Wait()); got != first {
			t.Error("two of them got different credentials")
		}
	}
}

// A program that is killed at the moment when it replaces a config file leaves the old one or the new one, whole.
func windowsHalfWritten(t *testing.T, w *wine.Windows) {
	binary, err := windowsProduct()
	if err != nil {
		t.Fatal(err)
	}
	w.Install(t, binary, "dbx")
	programs := []string{`C:\dbx\dbxaccess.exe`, w.Binary()} // whose lines differ
	read := func() string { return w.Read(t, laptop.AWSProfile) }
	var whole [2]string
	for i, program := range programs {
		succeeded(t, w.Program(t, program, "profiles", "sync"))
		whole[i] = read()
	}
	if whole[0] == whole[1] {
		t.Fatalf("both write the same:\n%s", whole[0])
	}
	for round := range 6 {
		r := w.Start(t, programs[round%2], "profiles", "sync")
		for !r.Ended() {
			temporary, err := filepath.Glob(filepath.Join(w.Person, ".aws", ".config.dbxaccess-*"))
			if err != nil {
				t.Fatal(err)
			}
			if len(temporary) > round { // each that was killed leaves one
				r.Signal(9)
				break
			}
		}
		_ = r.Wait()
		if got := read(); got != whole[0] && got != whole[1] {
			t.Fatalf("round %d left:\n%s", round, got)
		}
	}
	succeeded(t, w.Run(t, "profiles", "sync"))
	if read() != whole[1] {
		t.Error("the file can't be set right any more")
	}
}
