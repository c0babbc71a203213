package e2e

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/chromium"
	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

const (
	codeRefused     = 3
	codeInterrupted = 130

	// What Dex's pages and the product's own say.
	wrongPassword = "Invalid Email Address and password."
	grantAccess   = "Grant Access"
	signedInPage  = "You are signed in"
	refusedPage   = "You are not signed in"

	// Where Dex's pages have what a person needs.
	emailField    = "#login"
	passwordField = "#password"
	loginButton   = "#submit-login"
	grantButton   = "input[value=approve] ~ button"
	cancelButton  = "input[value=rejected] ~ button"
)

// newDesktop is a laptop with a display, whose owner took the access map. Its browser, as far as the product can tell,
// is a program that notes where it was sent.
func newDesktop(t *testing.T, s *stack) (l *laptop.Laptop, opened string) {
	t.Helper()
	l = newLaptop(t, s)
	l.Set("DBXACCESS_KEYRING_BACKEND", "file")
	l.Set("DBXACCESS_KEYRING_PASSPHRASE", "a passphrase for the file")
	l.Set("DISPLAY", ":77")
	opened = filepath.Join(l.Home, "opened")
	l.Set("BROWSER", l.Write(t, "browser", "#!/bin/sh\nprintf %s \"$1\" >\"$HOME/opening\" && mv \"$HOME/opening\" \"$HOME/opened\"\n", 0o700))
	initialise(t, l)
	return l, opened
}

var authorization = regexp.MustCompile(`http://127\.0\.0\.1:\d+/\S+[?&]redirect_uri=\S+`)

// sentTo is where the product opens the browser, or with --no-browser what it shows, and the loopback address that it
// waits at.
func sentTo(t *testing.T, running *laptop.Running, read func() string) (address, listener string) {
	t.Helper()
	process.Eventually(t, time.Minute, "the address of the sign-in", func() bool {
		address = authorization.FindString(read())
		if running.Ended() && address == "" {
			t.Fatalf("login ended before the sign-in began:\n%s", running.Stderr.String())
		}
		return address != ""
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	redirect, err := url.Parse(u.Query().Get("redirect_uri"))
	if err != nil || net.ParseIP(redirect.Hostname()) == nil || !net.ParseIP(redirect.Hostname()).IsLoopback() {
		t.Fatalf("the browser would come back to %q (%v), want this machine", u.Query().Get("redirect_uri"), err)
	}
	if !listens(redirect.Host) {
		t.Fatalf("nothing listens at %s", redirect.Host)
	}
	return address, redirect.Host
}

func listens(address string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	_ = connection.Close()
	return true
}

// ended asserts that the page the product ends a sign-in with is shown in the browser, with its style: a page whose
// security policy forbids that would look alike in light and dark. What DBXACCESS_E2E_SCREENSHOTS names gets a picture
// of each.
func ended(t *testing.T, b *chromium.Browser, words, name string) {
	t.Helper()
	b.Await(words)
	colours := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		b.Prefer(scheme)
		colours[b.Background()] = true
		if dir := os.Getenv("DBXACCESS_E2E_SCREENSHOTS"); dir != "" {
			b.Screenshot(filepath.Join(dir, name+"-"+scheme+".png"))
		}
	}
	if len(colours) != 2 || colours[""] || colours["rgba(0, 0, 0, 0)"] {
		t.Errorf("the page has the backgrounds %v, want one for light and one for dark", colours)
	}
}

// A person signs in with a real browser at Dex's own page. Until they do nothing happens, whatever they type; then
// their groups become roles, credentials work, and nothing listens any more.
func TestBrowserFlow(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l, opened := newDesktop(t, s)
	running := l.StartProduct(t, "login", "--flow", "browser", "--role", trainer)
	address, listener := sentTo(t, running, func() string {
		content, _ := os.ReadFile(opened) // it is not there at first
		return string(content)
	})
	query, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"response_type": "code", "code_challenge_method": "S256", "client_id": dex.ClientID} {
		if got := query.Query().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}

	b := chromium.Start(t)
	b.Open(address)
	b.Enter(emailField, dex.Alice.Email)
	b.Enter(passwordField, "not "+dex.Alice.Password)
	b.Press(loginButton)
	b.Await(wrongPassword)
	if at := b.Address(); !strings.HasPrefix(at, s.dex.Issuer+"/") {
		t.Errorf("after a wrong password the browser is at %s", at)
	}
	if running.Ended() || !listens(listener) {
		t.Fatalf("after a wrong password nobody waits for the person:\n%s", running.Stderr.String())
	}
	b.Enter(emailField, dex.Alice.Email)
	b.Enter(passwordField, dex.Alice.Password)
	b.Press(loginButton)
	b.Await(grantAccess)
	b.Press(grantButton)
	ended(t, b, signedInPage, "signed-in")

	result := succeeded(t, running.Wait())
	if !strings.Contains(result.Stderr, dex.Alice.Email) {
		t.Errorf("login does not say who signed in:\n%s", result.Stderr)
	}
	if listens(listener) {
		t.Errorf("something still listens at %s", listener)
	}
	if got, want := offered(t, l), []string{admin, reader, trainer}; !slices.Equal(got, want) {
		t.Errorf("the roles are %v, want %v", got, want)
	}
	if _, err := s.minio.GetObject(t.Context(), credentials(t, l, trainer), "acme-ml", "churn/train.csv"); err != nil {
		t.Errorf("the credentials don't work: %v", err)
	}
}

// offered are the names of the roles that the person may take.
func offered(t *testing.T, l *laptop.Laptop) []string {
	t.Helper()
	var roles []struct {
		Role    string
		MayTake bool `json:"may_take"`
	}
	output := succeeded(t, l.Run(t, "roles", "-o", "json")).Stdout
	if err := json.Unmarshal([]byte(output), &roles); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	var names []string
	for _, r := range roles {
		if r.MayTake {
			names = append(names, r.Role)
		}
	}
	slices.Sort(names)
	return names
}

// A person who does not grant access is refused, in the browser and in the terminal. Here the provider is the sandbox,
// with its own pages: Dex keeps a refusal to itself.
func TestBrowserFlowRefused(t *testing.T) {
	t.Parallel()
	r := newRace(t)
	running := r.StartProduct(t, "login", "--flow", "browser", "--no-browser", "--no-profiles", "--role", "ml-0")
	address, listener := sentTo(t, running, running.Stderr.String)

	b := chromium.Start(t)
	b.Open(address)
	b.Press("button[value=alice]")
	b.Await("Approve the sign-in?")
	b.Press("button[value=deny]")
	ended(t, b, refusedPage, "refused")

	if result := r.wait(t, running); result.Code != codeRefused || !strings.Contains(result.Stderr, "declined") {
		t.Errorf("exit code %d, want %d and a word of it:\n%s", result.Code, codeRefused, result.Stderr)
	}
	if listens(listener) {
		t.Errorf("something still listens at %s", listener)
	}
	faulted(t, r.run(t), codeLoginNeeded)
}

// A person who was shown the link, since they want no browser to be opened, leaves it at Dex and gives up in the
// terminal.
func TestBrowserFlowGivenUp(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l, opened := newDesktop(t, s)
	running := l.StartProduct(t, "login", "--flow", "browser", "--no-browser", "--role", trainer)
	address, listener := sentTo(t, running, running.Stderr.String)

	b := chromium.Start(t)
	b.Open(address)
	b.Enter(emailField, dex.Alice.Email)
	b.Enter(passwordField, dex.Alice.Password)
	b.Press(loginButton)
	b.Await(grantAccess)
	b.Press(cancelButton)
	b.Await("Approval rejected.")
	if running.Ended() || !listens(listener) {
		t.Errorf("nobody waits any more, though the browser never came back:\n%s", running.Stderr.String())
	}
	running.Signal(syscall.SIGINT)
	if result := running.Wait(); result.Code != codeInterrupted || result.Stdout != "" {
		t.Errorf("exit code %d, want %d and nothing on stdout:\n%s%s", result.Code, codeInterrupted, result.Stdout, result.Stderr)
	}
	if listens(listener) {
		t.Errorf("something still listens at %s", listener)
	}
	if _, err := os.Stat(opened); err == nil {
		t.Error("the browser was opened all the same")
	}
	faulted(t, l.Run(t, "credential-process", "--role", trainer), codeLoginNeeded)
}
