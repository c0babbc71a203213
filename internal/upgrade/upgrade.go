// Package upgrade tells a person whether there is a newer release, and how the program was installed.
//
// In come a client and the address to ask, which answers as GitHub's API for a repository's newest release does; out come a version and a
// command. It is asked for by a person, never by itself. It downloads nothing and runs nothing, and of the answer it takes three numbers:
// a hostile one can name a version that is not there, and nothing else.
package upgrade

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Releases is where the newest release is asked for.
// https://docs.github.com/en/rest/releases/releases#get-the-latest-release
const Releases = "https://api.github.com/repos/dbxaccess/dbxaccess/releases/latest"

// Where people see releases, and one of them.
const (
	seePage = "see https://github.com/dbxaccess/dbxaccess/releases"
	page    = "https://github.com/dbxaccess/dbxaccess/releases/tag/"
)

// MaxAnswer bounds the answer in bytes: it has the notes of a release and its files, some 2 KB each.
const MaxAnswer = 1 << 20

// Newest asks for the newest release, v<semver>. Drafts and pre-releases are none.
func Newest(ctx context.Context, client *http.Client, address string) (string, error) {
	u, err := httpclient.CheckURL(address)
	if err != nil {
		return "", ui.Errorf("releases-address", ui.Usage, "--from: %w", err).With(ui.Command("dbxaccess version --check"))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", fmt.Errorf("asking for the newest release: %w", err)
	}
	r.Header.Set("Accept", "application/vnd.github+json")
	host := ui.Cut(ui.Clean(u.Host), 253)
	named := ""
	if address != Releases {
		named = "--from"
	}
	a, err := httpclient.Do(client, httpclient.Asked{Doing: "asking " + host + " for the newest release", Of: "GitHub's API", Named: named}, r)
	if err != nil {
		return "", err
	}
	switch number, ok := released(a.Text("tag_name")); {
	case a.Status == http.StatusNotFound && a.Object != nil:
		return "", ui.Errorf("no-release", ui.Failed, "%s knows no release", host).With(ui.Advice(seePage))
	case a.Status == http.StatusForbidden && a.Object != nil: // as GitHub says that an address asks too often
		return "", ui.Errorf("releases-refused", ui.Failed, "%s refuses to say, as it does where an address has asked too often", host).
			With(ui.Advice("try again in an hour"))
	case !a.OK() || a.Object == nil:
		return "", a.NoAnswer()
	case !ok || string(a.Object["prerelease"]) == "true" || string(a.Object["draft"]) == "true":
		return "", ui.Errorf("release-unknown", ui.Failed, "%s names no release: %q", host, a.Shown(a.Text("tag_name"), 40)).
			With(ui.Advice(seePage))
	default:
		return "v" + number, nil
	}
}

// released is the number of a release, x.y.z; nothing else is one.
func released(tag string) (number string, ok bool) {
	number = strings.TrimPrefix(tag, "v")
	parts := strings.Split(number, ".")
	for _, part := range parts {
		if n, err := strconv.ParseUint(part, 10, 16); err != nil || strconv.FormatUint(n, 10) != part {
			return "", false
		}
	}
	return number, len(parts) == 3
}
