package draft_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/draft"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// byExample answers each question with its example.
func byExample(provider string, optional bool) draft.Answers {
	answers := draft.Answers{"provider": provider}
	for again := true; again; {
		again = false
		for _, q := range draft.Questions(answers) {
			if _, said := answers[q.Key]; !said && (optional || !q.Optional) {
				answers[q.Key], again = q.Example, true
				break
			}
		}
	}
	return answers
}

func TestEveryProviderGetsAMapThatIsRight(t *testing.T) {
	t.Parallel()
	for _, provider := range draft.Providers() {
		for _, optional := range []bool{false, true} {
			text, m, err := draft.Write(byExample(provider, optional))
			if err != nil {
				t.Errorf("%s: %v\n%s", provider, err, text)
				continue
			}
			for _, problem := range m.Check() {
				t.Errorf("%s: %d: %s\n%s", provider, problem.Line, problem.Message, text)
			}
			for _, w := range accessmap.Open(m.Lint(time.Now())) {
				t.Errorf("%s: %d: %s [%s]\n%s", provider, w.Line, w.Message, w.ID, text)
			}
			if len(m.Roles) != 1 || len(m.Identities) != 1 || (len(m.Workspaces) == 1) != optional || (m.Contact != "") != optional {
				t.Errorf("%s:\n%s", provider, text)
			}
			for line := range strings.Lines(text) {
				if _, name, found := strings.Cut(line, "/docs/"); found {
					name, _, _ = strings.Cut(strings.TrimSpace(name), "#")
					if _, err := os.Stat(filepath.Join("..", "..", "..", "docs", name)); err != nil {
						t.Errorf("%s: %v", provider, err)
					}
				}
			}
		}
	}
}

func TestAnswersThatArePartsOfYAML(t *testing.T) {
	t.Parallel()
	a := byExample("keycloak", true)
	for key, answer := range map[string]string{
		"group": `*: [admin] # "it's" & more`, "contact": "yes", "client-id": "42", "role-name": "ml/Team_A+x", "dataset": "s3://acme-ml/Churn, 2026 = x/",
		"issuer": "https://sso.example.com/realms/acme:1", "region": "cn-north-1",
	} {
		a[key] = answer
	}
	text, m, err := draft.Write(a)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	i := m.Identities["company"]
	if i.Groups[a["group"]] == nil || m.Contact != "yes" || i.ClientID != "42" || i.Issuer != a["issuer"] || m.Roles["team_a-x"].AWS.RoleARN != "arn:aws-cn:iam::111122223333:role/ml/Team_A+x" ||
		m.Datasets["churn--2026---x"] == nil {
		t.Errorf("%s", text)
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	for key, answer := range map[string]string{
		"provider": "oktta", "issuer": "acme.okta.com", "client-id": "a b", "account": "1234", "role-name": "arn:aws:iam::111122223333:role/x", "region": "here",
		"dataset": "s3://acme-ml/churn", "workspace": "dbc.cloud.databricks.com", "contact": "a\nb", "group": "",
	} {
		a := byExample("okta", false)
		a[key] = answer
		if _, _, err := draft.Write(a); ui.IDOf(err) != "map-new-answer" || !strings.Contains(err.Error(), "--"+key) {
			t.Errorf("%s: %v", key, err)
		}
	}
	a := byExample("google", false)
	a["group"] = "*"
	if _, _, err := draft.Write(a); err == nil {
		t.Error("a pattern of domains")
	}
}

// Whatever an author calls a group, and whomever people ask, the map says exactly that, or the answer is refused.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{"ml-scientists", "/ml/**", "yes", "1", "#ml", "a: b", "- a", "'", `"`, `\`, "&a", "*", "{a}", "[", "ü ", " a", "a ", "%", "@x", "|", "a\u2028b", "~"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := byExample("keycloak", false)
		a["group"], a["contact"] = text, text
		if _, _, err := draft.Write(a); err != nil && ui.IDOf(err) != "map-new-answer" {
			t.Fatalf("%q: %v", text, err)
		}
		a["contact"] = ""
		written, m, err := draft.Write(a)
		if err != nil {
			if ui.IDOf(err) != "map-new-answer" {
				t.Fatalf("%q: %v\n%s", text, err, written)
			}
			return
		}
		if i := m.Identities["company"]; len(i.Groups) != 1 || len(i.Groups[text]) != 1 || len(m.Roles) != 1 {
			t.Fatalf("%q became\n%s", text, written)
		}
	})
}
