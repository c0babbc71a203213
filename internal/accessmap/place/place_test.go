package place

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	for from, remote := range map[string]string{
		"git+ssh://git@git.acme.com/acme/platform.git//access-map.yaml?ref=main":             "ssh://git@git.acme.com/acme/platform.git",
		"git+ssh://git.acme.com:2222/~alice/platform//maps/access.yaml":                      "ssh://git.acme.com:2222/~alice/platform",
		"git+https://dev.azure.com/acme/_git/platform%20x//access.yaml?ref=release/2026-11":  "https://dev.azure.com/acme/_git/platform%20x",
		"git+https://git.acme.com/a.git//access.yaml?ref=0123456789abcdef0123456789abcdef01": "https://git.acme.com/a.git",
		"git+http://127.0.0.1:8080/a.git//access.yaml":                                       "http://127.0.0.1:8080/a.git",
	} {
		p, err := Parse(from)
		if err != nil {
			t.Errorf("%s: %v", from, err)
			continue
		}
		if g, ok := p.(git); !ok || g.remote != remote || g.String() != from || p.Shown() != from || p.Quick() {
			t.Errorf("%s: %+v", from, p)
		}
	}
	for from, want := range map[string]object{
		"s3://acme-ml/access-map.yaml":                               {bucket: "acme-ml", key: "access-map.yaml"},
		"s3://acme.ml/maps/a b.yaml?region=eu-west-1":                {bucket: "acme.ml", key: "maps/a b.yaml", region: "eu-west-1"},
		"s3://acme-ml/access-map.yaml?profile=sso&region=cn-north-1": {bucket: "acme-ml", key: "access-map.yaml", region: "cn-north-1", profile: "sso"},
		"s3://acme-ml/access-map.yaml?profile=team+%2F+a":            {bucket: "acme-ml", key: "access-map.yaml", profile: "team / a"},
	} {
		if p, err := Parse(from); err != nil || p != Place(want) || p.String() != from {
			t.Errorf("%s: %+v, %v", from, p, err)
		}
	}
}

// Each of these has made some git, ssh or AWS client do something else, or could.
func TestHostileAddresses(t *testing.T) {
	t.Parallel()
	for _, from := range []string{
		"git+ext://sh -c touch% /tmp/x//a",
		"git+ext::sh -c touch% /tmp/x//a",
		"git+file:///etc//passwd",
		"git+fd://17//a",
		"git+git://git.acme.com/a.git//b",
		"git://git.acme.com/a.git//b",
		"ssh://git.acme.com/a.git//b",
		"git+http://git.acme.com/a.git//b",
		"git+ssh://-oProxyCommand=touch%20x/a.git//b", // CVE-2017-1000117
		"git+ssh://-oProxyCommand=x@host/a.git//b",
		"git+ssh://git@-oProxyCommand=x/a.git//b",
		"git+ssh://git@host;touch x/a.git//b",
		"git+ssh://git@host/--upload-pack=touch x//b",
		"git+ssh://git@host/-x.git//b",
		"git+ssh://git@host/a/%2dx.git//b",
		"git+ssh://git@host/$(touch x).git//b",
		"git+ssh://git@host/`touch x`.git//b",
		"git+ssh://git@host/a'b.git//b",
		"git+ssh://git@host/a%60touch%20x%60.git//b",
		"git+ssh://git@host/a%0ab.git//b", // CVE-2020-5260
		"git+https://host%0aprotocol=https/a.git//b",
		"git+https://user:canary@git.acme.com/a.git//b",
		"git+https://canary@git.acme.com/a.git//b",
		"git+ssh://git:canary@git.acme.com/a.git//b",
		"git+ssh://git@host/../../a.git//b",
		"git+ssh://git@host/a.git",
		"git+ssh://git@host/a.git//",
		"git+ssh://git@host//b",
		"git+ssh://git@host/a.git///etc/passwd",
		"git+ssh://git@host/a.git//../b",
		"git+ssh://git@host/a.git//a/../../b",
		"git+ssh://git@host/a.git//-b",
		"git+ssh://git@host/a.git//:(glob)b",
		"git+ssh://git@host/a.git//b?ref=--upload-pack=x",
		"git+ssh://git@host/a.git//b?ref=-x",
		"git+ssh://git@host/a.git//b?ref=+main:refs/heads/x",
		"git+ssh://git@host/a.git//b?ref=main:x",
		"git+ssh://git@host/a.git//b?ref=%2bmain",
		"git+ssh://git@host/a.git//b?ref=a..b",
		"git+ssh://git@host/a.git//b?ref=main^{/x}",
		"git+ssh://git@host/a.git//b?ref=a%20b",
		"git+ssh://git@host/a.git//b?ref=a&ref=b",
		"git+ssh://git@host/a.git//b?ref=",
		"git+ssh://git@host/a.git//b?depth=0",
		"git+ssh://git@host:x/a.git//b",
		"git+ssh://git@host:0/a.git//b",
		"git+ssh://git@host/a.git//b#x",
		"git+ssh:///a.git//b",
		"git+ssh://git@host/a\x1b[2J.git//b",
		"git+ssh://git@[::1%25-x]/a.git//b",
		"git@github.com:acme/platform.git",
		"s3://acme-ml",
		"s3://acme-ml/",
		"s3://acme-ml/dir/",
		"s3://Acme/x",
		"s3://169.254.169.254@evil/x",
		"s3://evil.test:443/x",
		"s3://a/../x",
		"s3://acme-ml/x?region=evil.test/",
		"s3://acme-ml/x?region=us-east-1&region=us-west-2",
		"s3://acme-ml/x?profile=-x",
		"s3://acme-ml/x?profile=",
		"s3://acme-ml/x?versionId=1",
		"s3://acme-ml/x\x1b[2J",
		"https://" + strings.Repeat("a", maxAddress),
	} {
		p, err := Parse(from)
		if err == nil {
			t.Errorf("%s became %+v", from, p)
			continue
		}
		if said := err.Error() + ui.HintOf(err); ui.CodeOf(err) != ui.Usage || ui.HintOf(err) == "" || strings.ContainsAny(said, "\x1b") {
			t.Errorf("%s: %d, %s", from, ui.CodeOf(err), said)
		}
	}
}

func TestTheSpellingOfScpIsMended(t *testing.T) {
	t.Parallel()
	_, err := Parse("git@github.com:acme/platform.git")
	if hint := ui.HintOf(err); !strings.Contains(hint, "dbxaccess init 'git+ssh://git@github.com/acme/platform.git//access-map.yaml?ref=main'") {
		t.Errorf("got %s", hint)
	}
}

func TestWordsOfACommand(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`gh api repos/a/b?ref=main`:                      {"gh", "api", "repos/a/b?ref=main"},
		`gh api -H 'Accept: application/x' "a b" c\ d`:   {"gh", "api", "-H", "Accept: application/x", "a b", "c d"},
		`  a   '' "" b`:                                  {"a", "", "", "b"},
		`a 'it'\''s' "say \"x\""`:                        {"a", "it's", `say "x"`},
		`a 'x|y;$z' "p|q"`:                               {"a", "x|y;$z", "p|q"},
		`curl -fsS https://maps.acme.com/map.yaml#x ~ *`: {"curl", "-fsS", "https://maps.acme.com/map.yaml#x", "~", "*"},
	} {
		got, err := split(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", text, got, err)
			continue
		}
		if again, err := split(join(got)); err != nil || !slices.Equal(again, want) {
			t.Errorf("%s becomes %s: %q, %v", text, join(got), again, err)
		}
	}
	for _, text := range []string{"a | b", "a; b", "a && b", "a > b", "$(a)", "a $B", "a \"$B\"", "a `b`", "a 'b", `a "b`, `a \`, "a\nb", "a\x00", "", "  ", "''", strings.Repeat("a ", 33), strings.Repeat("a", maxAddress+1)} {
		if _, err := Command(text, ""); ui.IDOf(err) != "map-command-invalid" || ui.HintOf(err) == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// An address is one thing, whoever reads it, and git is never handed what is more than an address.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"git+ssh://git@host/a.git//b?ref=main", "git+https://host:1/a%20b//c/d", "s3://bucket/key?region=us-east-1&profile=x", "command:a 'b c'", "https://host/a?b", "file:///a", "a/b",
		"git@host:a.git", "ext::sh", "git+ssh://-x/a//b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, from string) {
		p, err := Parse(from)
		if err != nil {
			return
		}
		if shown := p.Shown(); shown != ui.Clean(shown) {
			t.Errorf("%q is shown as %q", from, shown)
		}
		if again, err := Parse(p.String()); err != nil || again.String() != p.String() {
			if _, isFile := p.(file); !isFile {
				t.Errorf("%q becomes %q, which becomes %v, %v", from, p, again, err)
			}
		}
		switch p := p.(type) {
		case git:
			rest, ssh := strings.CutPrefix(p.remote, "ssh://")
			if _, user, ok := strings.Cut(rest, "@"); ok && ssh {
				rest = user
			}
			if !ssh && !strings.HasPrefix(p.remote, "https://") && !strings.HasPrefix(p.remote, "http://") ||
				strings.HasPrefix(rest, "-") || strings.ContainsAny(p.remote, " \t\n\r'\"`$;&|<>\\?#") || strings.Contains(p.remote, "/-") {
				t.Errorf("%q: git is told %q", from, p.remote)
			}
			if strings.HasPrefix(p.ref, "-") || strings.ContainsAny(p.ref, ":^~+ *?[\\ \n") && !strings.Contains(p.ref, "+") || strings.HasPrefix(p.ref, "+") ||
				strings.HasPrefix(p.file, "-") || filepath.IsAbs(p.file) || strings.Contains(p.file, "..") {
				t.Errorf("%q: ref %q, file %q", from, p.ref, p.file)
			}
		case object:
			if strings.ContainsAny(p.bucket, "/:@?#% ") || strings.HasPrefix(p.profile, "-") {
				t.Errorf("%q: %+v", from, p)
			}
		case printed:
			if len(p.argv) == 0 || p.argv[0] == "" {
				t.Errorf("%q: %q", from, p.argv)
			}
		}
	})
}

// What people put into addresses that are none is not said again: a terminal's text is kept, and sent to those who help.
func TestNoTokenOfAnAddressIsShown(t *testing.T) {
	t.Parallel()
	for _, from := range []string{
		"git+https://canary@git.acme.com/a.git//m.yaml",
		"git+https://alice:canary@git.acme.com/a.git//m.yaml",
		"git+ssh://git:canary@git.acme.com/a.git//m.yaml",
		"git+https://git.acme.com/a.git//m.yaml?token=canary",
		"git+https://git.acme.com/a.git//m.yaml?ref=main&token=canary",
		"s3://acme-ml/m.yaml?X-Amz-Signature=canary",
		"https://alice:canary@git.acme.com/m.yaml",
		"https://alice:canary@/m.yaml",
		"https://alice:ca%nary@git.acme.com/m.yaml",
		"http://git.acme.com/m.yaml?token=canary",
		"https://git.acme.com/m.yaml?token=canary#x",
		"file://alice:canary@git.acme.com/m.yaml",
	} {
		if p, err := Parse(from); err == nil || strings.Contains(err.Error()+ui.FixOf(err).String(), "canary") || strings.Contains(err.Error(), "ca%nary") {
			t.Errorf("%s: %v, %v", from, p, err)
		}
	}
}
