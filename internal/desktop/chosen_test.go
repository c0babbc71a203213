package desktop

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAProfileOrContainerIsOpenedByItsOwnBrowser(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		chosen        Chosen
		goos, browser string
		there         string
		want          string
	}{
		{Chosen{Profile: "Profile 2"}, "linux", "", "firefox google-chrome", "google-chrome|--profile-directory=Profile 2"},
		{Chosen{Profile: "work"}, "linux", "", "firefox", "firefox|-P|work"},
		{Chosen{Profile: "work"}, "linux", "/opt/bin/firefox-esr", "google-chrome", "/opt/bin/firefox-esr|-P|work"},
		{Chosen{Profile: "work"}, "linux", "microsoft-edge", "", "microsoft-edge|--profile-directory=work"},
		{Chosen{Profile: "work"}, "darwin", "", "Brave Browser", "open|-n|-a|Brave Browser|--args|--profile-directory=work"},
		{Chosen{Container: "ml"}, "linux", "", "google-chrome firefox-esr", "firefox-esr"},
		{Chosen{Container: "ml", Profile: "work"}, "linux", "", "firefox", "firefox|-P|work"},
		{Chosen{Container: "ml"}, "darwin", "", "Google Chrome,Firefox", "open|-n|-a|Firefox|--args"},
		{Chosen{Container: "ml"}, "linux", "google-chrome", "firefox", ""},
		{Chosen{Container: "ml"}, "linux", "", "google-chrome", ""},
		{Chosen{Profile: "work"}, "linux", "lynx", "google-chrome", ""},
		{Chosen{Profile: "work"}, "windows", "", "google-chrome", ""},
		{Chosen{Profile: "work"}, "linux", "google-chrome --new-window", "firefox", "firefox|-P|work"}, // no program's name
	} {
		names := strings.FieldsFunc(c.there, func(r rune) bool { return r == ',' || r == ' ' && c.goos != "darwin" })
		argv, err := c.chosen.find(c.goos, c.browser, func(name string) bool { return slices.Contains(names, name) })
		if got := strings.Join(argv, "|"); got != c.want || (err == nil) != (c.want != "") || err != nil && ui.IDOf(err) != "browser-without-parts" {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}

func TestAContainersAddressHoldsWhatItOpens(t *testing.T) {
	t.Parallel()
	got := Chosen{Container: "ml & co"}.address("http://127.0.0.1:4242/ABC?a=b&c=d")
	if got != "ext+container:name=ml%20%26%20co&url=http%3A%2F%2F127.0.0.1%3A4242%2FABC%3Fa%3Db%26c%3Dd" {
		t.Error(got)
	}
	if got := (Chosen{Profile: "work"}).address("http://127.0.0.1:4242/ABC"); got != "http://127.0.0.1:4242/ABC" {
		t.Error(got)
	}
}

func TestAPartOfABrowserIsAName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"-remote", "a\nb", "\x1b[2J", strings.Repeat("x", 65)} {
		for _, c := range []Chosen{{Profile: name}, {Container: name}} {
			if _, err := c.Opener(environment("BROWSER=firefox")); ui.IDOf(err) != "browser-part-invalid" {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
}
