package statickeys

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the rules into docs/static-keys.md")

func TestTheDocsListEveryRule(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- rules: make generate -->\n", "<!-- end of the rules -->\n"
	var b strings.Builder
	b.WriteString(begin + "| rule | what it is | why | fix |\n|---|---|---|---|\n")
	for _, r := range Rules() {
		lesser := ""
		if r.Lesser {
			lesser = " (lesser)"
		}
		fmt.Fprintf(&b, "| `%s`%s | %s | %s | %s |\n", r.ID, lesser, r.Title, r.Why, r.Remedy)
	}
	b.WriteString(end)
	path := filepath.Join("..", "..", "docs", "static-keys.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("the page has no place for the rules")
	}
	want := before + b.String() + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(page) != want {
		t.Errorf("%s is stale: make generate", path)
	}
}

// Each rule finds something in a test.
func TestEveryRuleFindsSomething(t *testing.T) {
	t.Parallel()
	m := newMaker()
	b64 := alnums + "+/"
	samples := map[string]string{
		ruleAWSID: "x = " + m.id(), ruleAWSSecret: "aws_secret_access_key: " + m.secret(), ruleAWSTemp: m.brief(), ruleBedrock: "AB" + "SK" + m.of(b64, 128) + "==", ruleDatabricks: m.dapi(), ruleOAuthSecret: m.dose(),
		rulePrivateKey: "-----BEGIN RSA PRIVATE" + " KEY-----\n" + m.of(b64, 64) + "\n" + m.of(b64, 64) + "\n-----END RSA PRIVATE KEY-----", ruleGitHub: "ghp" + "_" + m.of(alnums, 36), ruleGitLab: "glpat" + "-" + m.of(alnums, 20),
		ruleOpenAI: "sk" + "-proj-" + m.of(alnums, 58) + "T3Blbk" + "FJ" + m.of(alnums, 58), ruleAnthropic: "sk-ant" + "-api03-" + m.of(alnums, 93) + "AA", ruleHugging: "hf" + "_" + m.of(alnums, 34),
		ruleWandB: "WANDB_API_KEY=" + m.of(hexes, 40), ruleGoogle: "AI" + "za" + m.of(alnums, 35), ruleSlack: "xox" + "b-" + m.of("0123456789", 12) + "-" + m.of("0123456789", 12) + "-" + m.of(alnums, 24), ruleService: "npm" + "_" + m.of(alnums, 36),
		ruleJDBC: `spark.read.jdbc("jdbc:sqlserver://db.acme.test;database=x;password=Kj7-pqa2;encrypt=true")`, ruleURL: "https://ci:" + m.of(alnums, 20) + "@git.acme.test/x.git",
		rulePassword: `password = "Kj7-pqa2-mm"`, ruleNamed: `client_secret = "` + m.of(alnums, 36) + `"`, ruleAzureClient: "client_secret=" + "abc8" + "Q~" + m.of(alnums, 34),
		ruleAzureKey: "fs.azure.account.key.acme.dfs.core.windows.net " + m.of(b64, 86) + "==", ruleAzureBus: "Endpoint=sb://x;SharedAccessKeyName=a;SharedAccessKey=" + m.of(b64, 43) + "=",
		ruleAzureSAS: "https://acme.blob.core.windows.net/c?sv=2024-11-04&se=2030-01-01&sr=c&sp=r&sig=" + m.of(alnums, 43) + "%3D",
	}
	for _, r := range Rules() {
		list := found(t, "x.py", samples[r.ID])
		if len(list) != 1 || list[0].Rule != r.ID {
			t.Errorf("%s: %q found in %s", r.ID, words(list), samples[r.ID])
		}
	}
}
