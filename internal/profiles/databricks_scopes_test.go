package profiles

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The SDKs for Python and Java compare the scopes of a profile with those of its token.
func TestAProfileSaysWhatItsTokensAreFor(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".databrickscfg")
	profile := Profile{Name: "dbx-ml-reader", Host: "https://dbc-1234.cloud.databricks.com"}
	sync := func(scopes string) string {
		t.Helper()
		profile.Scopes = scopes
		target := databricksTarget(t, file)
		p, err := target.Plan(testHelper(), []Profile{profile}, nil)
		if err != nil {
			t.Fatal(err)
		}
		apply(t, p)
		after := string(read(t, file))
		settings := target.settings(testHelper().Path, profile)
		sdksReadAlike(t, nil, []byte(after), profile.Name, settings)
		return after
	}
	write(t, file, nil)
	if got := sync(""); strings.Contains(got, "scopes") {
		t.Errorf("for everything nothing is said: %s", got)
	}
	if got := sync("clusters:read,sql:read:restricted-query"); !strings.Contains(got, "\nscopes = clusters:read,sql:read:restricted-query\n") {
		t.Errorf("got %s", got)
	}
	if got := sync("sql"); !strings.Contains(got, "\nscopes = sql\n") || strings.Contains(got, "clusters") {
		t.Errorf("got %s", got)
	}
	if got := sync(""); !strings.Contains(got, "\nscopes = all-apis\n") {
		t.Errorf("what stood there gives way: %s", got)
	}
	p, err := databricksTarget(t, file).Remove(func(Entry) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	apply(t, p)
	if got := string(read(t, file)); got != "" {
		t.Errorf("left behind: %q", got)
	}
}

func TestScopesThatCantBeWritten(t *testing.T) {
	t.Parallel()
	for _, scopes := range []string{"sql read", "a\nb", "sql;x", "SQL", ",sql", "a#b", strings.Repeat("a", maxScopes+1)} {
		p := Profile{Name: "dbx-r", Host: "https://dbc-1234.cloud.databricks.com", Scopes: scopes}
		if err := validateDatabricks(p); ui.IDOf(err) != "profile-name" {
			t.Errorf("%.20q: %v", scopes, err)
		}
	}
	if v := scopesSetting("sql"); v != (editor.Setting{Key: "scopes", Value: "sql"}) {
		t.Errorf("%+v", v)
	}
}
