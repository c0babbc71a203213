package desired_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
)

var update = flag.Bool("update", false, "rewrite the trust policies on the pages of providers")

// byHand are pages whose trust policy is not what map trust prints, and why.
var byHand = map[string]string{
	"README.md":         "it shows a part of a policy, for no map",
	"github-actions.md": "its policy lists the subjects of one branch, which says more than the rule of its map: pull requests are out",
	"google.md":         "its policy lists people by sub, where the map names their addresses for people to read",
}

var (
	trustCommand = regexp.MustCompile(`(?m)^dbxaccess map trust (\S+) --map access-map\.yaml((?: --subject \S+)*) > trust\.json$`)
	trustShown   = regexp.MustCompile("(?s)`trust\\.json`[^\n]*:\n\n```json\n(.*?)\n```\n")
)

// People copy the trust policy that a page on a provider shows, so it is what the command beside it prints for the page's map.
func TestTrustOnThePagesOfProviders(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../../docs/providers/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	all := examples(t)
	for _, page := range pages {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text, name := string(data), filepath.Base(page)
		if !strings.Contains(text, `"Federated": "`) || byHand[name] != "" {
			continue
		}
		command, at := trustCommand.FindStringSubmatch(text), trustShown.FindStringSubmatchIndex(text)
		if command == nil || at == nil {
			t.Errorf("%s: no dbxaccess map trust … > trust.json, or no trust.json", name)
			continue
		}
		printed := ""
		for _, where := range slices.Sorted(maps.Keys(all)) {
			m, err := accessmap.Parse(where, []byte(all[where]))
			if err != nil || printed != "" || !strings.HasPrefix(where, page+", ") || m.Roles[command[1]] == nil {
				continue // the first map of the page that has the role
			}
			var o desired.Options
			if words := strings.Fields(strings.ReplaceAll(command[2], "'", "")); len(words) > 0 {
				o.Subjects = slices.DeleteFunc(words, func(w string) bool { return w == "--subject" })
			}
			s, err := desired.Of(m, []string{command[1]}, o)
			if err != nil {
				t.Fatal(name, err)
			}
			r := role(t, s, command[1])
			var policy bytes.Buffer
			if err := json.Indent(&policy, []byte(r.Trust.JSON()), "", "  "); err != nil {
				t.Fatal(err)
			}
			if printed = policy.String(); r.ByAudience {
				t.Errorf("%s: the policy lets in whoever may use the application", name)
			}
		}
		shown := text[at[2]:at[3]]
		switch {
		case printed == shown:
		case *update && printed != "":
			if err := os.WriteFile(page, []byte(text[:at[2]]+printed+text[at[3]:]), 0o600); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s: trust.json is not what %s prints:\n%s", name, strings.TrimSuffix(command[0], " > trust.json"), printed)
		}
	}
}
