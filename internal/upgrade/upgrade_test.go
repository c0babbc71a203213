package upgrade

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestTheNewestRelease(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status    int
		body      string
		want, err string
	}{
		{200, `{"tag_name":"v1.2.3","prerelease":false,"draft":false}`, "v1.2.3", ""},
		{200, `{"tag_name":"1.2.3"}`, "v1.2.3", ""},
		{200, `{"tag_name":"v1.2.3-rc.1"}`, "", "release-unknown"},
		{200, `{"tag_name":"v1.2.3","prerelease":true}`, "", "release-unknown"},
		{200, `{"tag_name":"v1.2.3","draft":true}`, "", "release-unknown"},
		{200, `{"tag_name":"v01.2.3"}`, "", "release-unknown"},
		{200, `{"tag_name":"v1.2.999999"}`, "", "release-unknown"},
		{200, `{"tag_name":"v1.2.3\u001b[31m; rm -r /"}`, "", "release-unknown"},
		{200, `{"tag_name":["v1.2.3"]}`, "", "release-unknown"},
		{200, `{}`, "", "release-unknown"},
		{404, `{"message":"Not Found"}`, "", "no-release"},
		{403, `{"message":"API rate limit exceeded"}`, "", "releases-refused"},
		{429, `{}`, "", "service-busy"},
		{302, `{"tag_name":"v9.9.9"}`, "", "redirect"},
		{200, `{"tag_name":"v1.2.3","body":"` + strings.Repeat("x", MaxAnswer) + `"}`, "", "answer-too-large"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		}))
		got, err := Newest(t.Context(), httpclient.New(httpclient.Options{MaxBody: MaxAnswer}), server.URL+"/latest")
		server.Close()
		if got != c.want || (err == nil) != (c.err == "") {
			t.Errorf("%d %.60s: %q, %v", c.status, c.body, got, err)
		}
		if err == nil {
			continue
		}
		if id := string(ui.IDOf(err)); id != c.err && c.err != "redirect" && c.err != "answer-too-large" {
			t.Errorf("%d %.60s: %s, want %s", c.status, c.body, id, c.err)
		}
		if strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("%q is not clean", err)
		}
	}
}

func TestAnAddressMustBeSafe(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://releases.example.com/latest", "https://u:p@releases.example.com/", "file:///etc/passwd", "x"} {
		if _, err := Newest(t.Context(), http.DefaultClient, address); ui.CodeOf(err) != ui.Usage {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestHowItWasInstalled(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]struct {
		way  Way
		says string
	}{
		"/opt/homebrew/Cellar/dbxaccess/1.0.0/bin/dbxaccess":                         {Homebrew, "brew upgrade dbxaccess"},
		"/opt/homebrew/Caskroom/dbxaccess/1.0.0/dbxaccess":                           {Homebrew, "brew upgrade dbxaccess"},
		`C:\Users\a\scoop\apps\dbxaccess\current\dbxaccess.exe`:                      {Scoop, "scoop update dbxaccess"},
		`C:\Users\a\AppData\Local\Microsoft\WinGet\Packages\dbxaccess\dbxaccess.exe`: {Winget, "winget upgrade dbxaccess"},
		"/usr/bin/dbxaccess":       {Deb, "sudo apt install ./dbxaccess_*.deb"},
		"/usr/local/bin/dbxaccess": {Archive, "releases/tag/v1.2.3 in the place of those in /usr/local/bin"},
	} {
		way := WayOf(path, false, func(p string) bool { return strings.Contains(p, "dpkg") })
		if fix := way.Fix("v1.2.3", path).String(); way != want.way || !strings.Contains(fix, want.says) {
			t.Errorf("%s: %s, %q", path, way, fix)
		}
	}
	none := func(string) bool { return false }
	if way := WayOf("/home/a/go/bin/dbxaccess", true, none); way != Go || !strings.Contains(way.Fix("v1.2.3", "").String(), "/cmd/dbxaccess-admin@v1.2.3") {
		t.Errorf("a module: %s", way)
	}
	if way := WayOf("/usr/bin/dbxaccess", false, func(p string) bool { return strings.Contains(p, "rpm") }); way != RPM {
		t.Errorf("an RPM: %s", way)
	}
}
