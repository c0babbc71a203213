package upgrade

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
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
		{302, `{"tag_name":"v9.9.9"}`, "", "redirect-refused"},
		{200, `{"tag_name":"v1.2.3","body":"` + strings.Repeat("x", MaxAnswer) + `"}`, "", "answer-too-large"},
	} {
		mux := http.NewServeMux()
		mux.HandleFunc("/latest", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, _ *http.Request) { // who followed would find a release
			fmt.Fprint(w, `{"tag_name":"v9.9.9"}`)
		})
		server := httptest.NewServer(mux)
		got, err := Newest(t.Context(), httpclient.New(httpclient.Options{MaxBody: MaxAnswer}), server.URL+"/latest")
		server.Close()
		if got != c.want || (err == nil) != (c.err == "") {
			t.Errorf("%d %.60s: %q, %v", c.status, c.body, got, err)
		}
		if err == nil {
			continue
		}
		if id := string(ui.IDOf(err)); id != c.err {
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
	const place = "the programs of https://github.com/dbxaccess/dbxaccess/releases/tag/v1.2.3 in the place of those in "
	for name, c := range map[string]struct {
		path, files, besides string // what the system has
		module, ours         bool   // ours: one of our packages for rpm or apk is there
		way                  Way
		upgrade, remove      string
	}{
		"Homebrew, a formula": {path: "/opt/homebrew/Cellar/dbxaccess/1.0.0/bin/dbxaccess", way: Homebrew, upgrade: "brew upgrade dbxaccess", remove: "brew uninstall dbxaccess"},
		"Homebrew, a cask":    {path: "/opt/homebrew/Caskroom/dbxaccess/1.0.0/dbxaccess", way: Homebrew, upgrade: "brew upgrade dbxaccess", remove: "brew uninstall dbxaccess"},
		"Scoop":               {path: `C:\Users\a\scoop\apps\dbxaccess\current\dbxaccess.exe`, way: Scoop, upgrade: "scoop update dbxaccess", remove: "scoop uninstall dbxaccess"},
		"Scoop's stand-in":    {path: `C:\Users\a\scoop\shims\dbxaccess.exe`, way: Scoop, upgrade: "scoop update dbxaccess", remove: "scoop uninstall dbxaccess"},
		"winget": {
			path: `C:\Users\a\AppData\Local\Microsoft\WinGet\Packages\dbxaccess.dbxaccess_x\dbxaccess.exe`, way: Winget,
			upgrade: "winget upgrade dbxaccess.dbxaccess", remove: "winget uninstall dbxaccess.dbxaccess",
		},
		"Nix": {
			path: "/nix/store/x-dbxaccess-1.0.0/bin/dbxaccess", way: Nix,
			upgrade: "update what has dbxaccess in your Nix profile or configuration", remove: "take dbxaccess out of your Nix profile or configuration",
		},
		"go install": {path: "/home/a/go/bin/dbxaccess", module: true, way: Go, upgrade: "/cmd/dbxaccess-admin@v1.2.3", remove: "rm /home/a/go/bin/dbxaccess"},
		"Debian, where rpm is too": {
			path: "/usr/bin/dbxaccess", files: "/var/lib/dpkg/info/dbxaccess.list", besides: "/var/lib/rpm/rpmdb.sqlite", way: Deb,
			upgrade: "sudo apt install ./dbxaccess_*.deb", remove: "sudo apt purge dbxaccess",
		},
		"Alpine":                 {path: "/usr/bin/dbxaccess", files: "/lib/apk/db/installed", ours: true, way: APK, upgrade: "sudo apk add --allow-untrusted ./dbxaccess_*.apk", remove: "sudo apk del dbxaccess"},
		"a newer Alpine":         {path: "/usr/bin/dbxaccess", files: "/usr/lib/apk/db/installed", ours: true, way: APK, upgrade: ".apk", remove: "sudo apk del dbxaccess"},
		"Fedora":                 {path: "/usr/bin/dbxaccess", files: "/usr/lib/sysimage/rpm/rpmdb.sqlite", ours: true, way: RPM, upgrade: "sudo dnf install ./dbxaccess_*.rpm", remove: "sudo dnf remove dbxaccess"},
		"RHEL 8":                 {path: "/usr/bin/dbxaccess", files: "/var/lib/rpm/Packages", ours: true, way: RPM, upgrade: "sudo dnf install", remove: "sudo dnf remove dbxaccess"},
		"openSUSE":               {path: "/usr/bin/dbxaccess", files: "/usr/lib/sysimage/rpm/Packages.db", besides: "/usr/bin/zypper", ours: true, way: Zypper, upgrade: "sudo zypper install --allow-unsigned-rpm ./dbxaccess_*.rpm", remove: "sudo zypper remove dbxaccess"},
		"SLE":                    {path: "/usr/bin/dbxaccess", files: "/var/lib/rpm/Packages.db", besides: "/usr/bin/zypper", ours: true, way: Zypper, upgrade: "sudo zypper install", remove: "sudo zypper remove dbxaccess"},
		"by hand beside apk":     {path: "/usr/bin/dbxaccess", files: "/lib/apk/db/installed", way: Archive, upgrade: place + "/usr/bin", remove: "rm /usr/bin/dbxaccess"},
		"by hand, rpm on Debian": {path: "/usr/bin/dbxaccess", files: "/var/lib/rpm/rpmdb.sqlite", way: Archive, upgrade: place + "/usr/bin", remove: "rm /usr/bin/dbxaccess"},
		"by hand":                {path: "/usr/local/bin/dbxaccess", files: "/var/lib/dpkg/info/dbxaccess.list", way: Archive, upgrade: place + "/usr/local/bin", remove: "rm /usr/local/bin/dbxaccess"},
		"a system alone":         {path: "/usr/bin/dbxaccess", way: Archive, upgrade: place + "/usr/bin", remove: "rm /usr/bin/dbxaccess"},
		"with odd places":        {path: "/home/a/my bin/dbxaccess", way: Archive, upgrade: place + "/home/a/my bin", remove: "rm '/home/a/my bin/dbxaccess'"},
	} {
		way := WayOf(c.path, c.module, func(p string) bool { return p == c.files || p == c.besides || c.ours && p == brought })
		if way != c.way {
			t.Errorf("%s: %s, not %s", name, way, c.way)
		}
		if got := way.Fix("v1.2.3", c.path).String(); !strings.Contains(got, c.upgrade) {
			t.Errorf("%s is upgraded by %q, not %q", name, got, c.upgrade)
		}
		if got := way.Removal([]string{c.path}).String(); got != c.remove && runtime.GOOS != "windows" {
			t.Errorf("%s is removed by %q, not %q", name, got, c.remove)
		}
	}
	if got := Archive.Removal([]string{"/a/dbxaccess", "/a/dbxaccess-admin"}).String(); !strings.HasSuffix(got, " /a/dbxaccess /a/dbxaccess-admin") {
		t.Errorf("both are removed by %q", got)
	}
}

// The page and the program send people to the same commands.
func TestThePageHasTheCommandsOfEachWay(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "installing.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, command := range []string{r.upgrade, r.remove} {
			if !r.words && !strings.Contains(string(text), "`"+command+"`") && command != "" {
				t.Errorf("docs/installing.md lacks `%s`", command)
			}
		}
	}
}
