package login

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestWhatATokenSaysToAWS(t *testing.T) {
	t.Parallel()
	const nested, flat = `"https://aws.amazon.com/tags":{"principal_tags":`, `"https://aws.amazon.com/tags/principal_tags/`
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf(`"k%d":["v"]`, i)
	}
	for name, c := range map[string]struct {
		claims string
		tags   []string
		source string
		wrong  string // part of the only sentence; "" for none
	}{
		"nothing":                     {``, nil, "", ""},
		"nested":                      {nested + `{"team":["churn"],"cost center":["4711"]},"transitive_tag_keys":["team"]}`, []string{"cost center", "team"}, "", ""},
		"nested, as a text":           {nested + `{"team":"churn"}}`, []string{"team"}, "", ""},
		"flat":                        {flat + `team":"churn",` + flat + `floor":["4"]`, []string{"floor", "team"}, "", ""},
		"a source identity":           {`"https://aws.amazon.com/source_identity":"alice@acme.example"`, nil, "alice@acme.example", ""},
		"several values":              {nested + `{"team":["a","b"]}}`, []string{"team"}, "", "the tag team has 2 texts as values, and a tag has one"},
		"no value":                    {flat + `team":[]`, []string{"team"}, "", "the tag team has 0 texts"},
		"a number":                    {nested + `{"team":4}}`, []string{"team"}, "", "the tag team has 0 texts"},
		"a key of other letters":      {nested + `{"te#am":["x"]}}`, []string{"te#am"}, "", `"te#am" is no key of a tag`},
		"a value that is long":        {flat + `team":"` + strings.Repeat("x", 257) + `"`, []string{"team"}, "", "the value of the tag team is none"},
		"a key of AWS's own":          {flat + `AWS:team":"x"`, []string{"AWS:team"}, "", "the tag AWS:team begins with aws:, which AWS keeps"},
		"a key that is long":          {flat + strings.Repeat("k", 129) + `":"x"`, []string{strings.Repeat("k", 128) + "…"}, "", "is no key of a tag: 1 to 128"},
		"a value of other letters":    {flat + `team":"a#b"`, []string{"team"}, "", "the value of the tag team is none"},
		"a value of AWS's own":        {flat + `team":"aws:x"`, []string{"team"}, "", "the value of the tag team begins with aws:"},
		"two cases":                   {flat + `Team":"a",` + flat + `team":"b"`, []string{"Team", "team"}, "", "is there twice, in another case"},
		"tags that are no object":     {nested + `["team"]}`, nil, "", "principal_tags of https://aws.amazon.com/tags is no object"},
		"a transitive key of nothing": {nested + `{"team":"a"},"transitive_tag_keys":["team","floor"]}`, []string{"team"}, "", `transitive_tag_keys names "floor", and there is no such tag`},
		"transitive, in another case": {nested + `{"team":"a"},"transitive_tag_keys":["Team"]}`, []string{"team"}, "", ""},
		"transitive, flat":            {flat + `team":"a","https://aws.amazon.com/tags/transitive_tag_keys":"floor"`, []string{"team"}, "", `names "floor"`},
		"transitive, no list":         {nested + `{"team":"a"},"transitive_tag_keys":{"team":true}}`, []string{"team"}, "", "transitive_tag_keys is no list"},
		"a list":                      {`"https://aws.amazon.com/tags":["team"]`, nil, "", "https://aws.amazon.com/tags is no object"},
		"a short source":              {`"https://aws.amazon.com/source_identity":"a"`, nil, "a", `"a" is no source identity`},
		"a source with spaces":        {`"https://aws.amazon.com/source_identity":"Alice M"`, nil, "Alice M", `is no source identity`},
		"too many":                    {nested + `{` + strings.Join(many, ",") + `}}`, nil, "", "51 tags, and AWS takes 50"},
	} {
		f := forAWS(claimsOf(t, "{"+c.claims+"}"))
		if len(f.Tags) < 51 && !slices.Equal(f.Tags, c.tags) || f.SourceIdentity != c.source {
			t.Errorf("%s: %+v", name, f)
		}
		if c.wrong == "" && f.Wrong != nil || c.wrong != "" && (len(f.Wrong) != 1 || !strings.Contains(f.Wrong[0], c.wrong)) {
			t.Errorf("%s: %q", name, f.Wrong)
		}
	}
}
