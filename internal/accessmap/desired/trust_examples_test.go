package desired_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// The maps that people are shown: whom a rule means gets in, and nobody whose token differs in a letter, a case, a slash or what follows.
func TestTrustOfTheExamples(t *testing.T) {
	t.Parallel()
	judged := 0
	for name, text := range examples(t) {
		m, err := accessmap.Parse(name, []byte(text))
		if err != nil {
			continue
		}
		var tokens []token
		for _, i := range m.Identities {
			if i.Issuer == "" || i.Token.Is(idp.FromAWS) {
				continue
			}
			audience := i.ClientID
			if i.Token != nil {
				audience = i.Token.Audience
			}
			for _, rule := range i.Claims {
				k := token{issuer: i.Issuer, claims: map[string][]string{"aud": {audience}}}
				for claim, text := range rule.Match {
					k.claims[claim] = []string{strings.NewReplacer("**", "x/y", "*", "x", "?", "x").Replace(text)}
				}
				if k.claims["sub"] == nil {
					k.subject(rand.New(rand.NewPCG(1, 2)))
				}
				k.account()
				tokens = append(tokens, k)
				for claim := range rule.Match {
					for _, other := range []string{k.claims[claim][0] + "-evil", "evil-" + k.claims[claim][0], strings.ToUpper(k.claims[claim][0]), k.claims[claim][0] + "/x"} {
						differs := token{issuer: i.Issuer, claims: maps.Clone(k.claims)}
						differs.claims[claim] = []string{other}
						if rule.Match["sub"] == "" {
							differs.subject(rand.New(rand.NewPCG(1, 2)))
						}
						differs.account()
						tokens = append(tokens, differs)
					}
				}
				for _, differs := range []token{{issuer: i.Issuer + "/x", claims: k.claims}, {issuer: i.Issuer, claims: maps.Clone(k.claims)}} {
					if differs.issuer == i.Issuer {
						differs.claims["aud"] = []string{audience + "2"}
					}
					tokens = append(tokens, differs)
				}
			}
		}
		admitted, _, _ := trustHolds(t, name, text, tokens)
		judged += admitted
	}
	if judged < 10 {
		t.Errorf("%d tokens were admitted: maps were missed", judged)
	}
}

// examples are the maps below docs and in the README, by where they are.
func examples(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, root := range []string{"../../../docs", "../../../README.md", "../testdata"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if strings.HasSuffix(path, ".yaml") {
				all[path] = string(text)
			}
			for n, block := range strings.Split(string(text), "```yaml\n") {
				if one, _, ok := strings.Cut(block, "\n```"); ok && strings.HasPrefix(one, "version: 1\n") {
					all[fmt.Sprintf("%s, block %d", path, n)] = one
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
