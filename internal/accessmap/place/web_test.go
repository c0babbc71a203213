package place

import (
	"net/url"
	"strings"
	"testing"
)

func TestTagsThatCouldNotBeSentBackAreDropped(t *testing.T) {
	t.Parallel()
	for tag, ok := range map[string]bool{
		`"a"`: true, `W/"a-b"`: true, `""`: true, `a`: false, ``: false, `"`: false, `W/`: false, `"a"b"`: false,
		"\"a\x7f\"": false, `"a b"`: false, `"` + strings.Repeat("a", 300) + `"`: false,
	} {
		if got := usableETag(tag); (got == tag && tag != "") != ok {
			t.Errorf("%q: got %q", tag, got)
		}
	}
}

// Addresses that people copy from the browser lead to a sign-in page; git gets at the same file.
func TestWhatABrowserShowsIsFoundByGit(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"https://github.com/acme/platform/blob/main/maps/access.yaml":                     "git+https://github.com/acme/platform.git//maps/access.yaml?ref=main",
		"https://ghe.acme.com/acme/platform/raw/v1.2/access.yaml":                         "git+https://ghe.acme.com/acme/platform.git//access.yaml?ref=v1.2",
		"https://gitlab.acme.com/ml/infra/platform/-/raw/main/access.yaml":                "git+https://gitlab.acme.com/ml/infra/platform.git//access.yaml?ref=main",
		"https://gitea.acme.com/acme/platform/src/branch/main/access.yaml":                "git+https://gitea.acme.com/acme/platform.git//access.yaml?ref=main",
		"https://raw.githubusercontent.com/acme/platform/main/access.yaml":                "git+https://github.com/acme/platform.git//access.yaml?ref=main",
		"https://raw.githubusercontent.com/acme/platform/refs/heads/main/maps/access.yml": "git+https://github.com/acme/platform.git//maps/access.yml?ref=main",
		"https://maps.acme.com/access-map.yaml":                                           "",
		"https://maps.acme.com/raw/blob/":                                                 "",
		"https://github.com/acme/platform/blob/main":                                      "",
		"https://github.com/acme/platform/blob/-x/../y":                                   "",
		"https://github.com/acme/platform/blob/main/a b.yaml":                             "",
	} {
		u, err := url.Parse(from)
		if err != nil {
			t.Fatal(err)
		}
		if got := gitAddressOf(u); got != want {
			t.Errorf("%s: %q, want %q", from, got, want)
		}
	}
}
