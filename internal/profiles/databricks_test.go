package profiles

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const ourWorkspace = "host = https://dbc-1234.cloud.databricks.com\nauth_type = databricks-cli\ndatabricks_cli_path = /usr/local/bin/dbxaccess\n"

func TestAFreshDatabricksFileIsThePersonsAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".databrickscfg")
	p, err := databricksTarget(t, file).Plan(testHelper(), testWorkspaces(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("planning made the file")
	}
	apply(t, p)
	want := []Change{{Profile: "dbx-ml-reader", Action: Added}, {Profile: "dbx-ml-trainer", Action: Added}}
	if d := cmp.Diff(want, p.Changes); d != "" || len(p.Warnings) > 0 {
		t.Error(d, p.Warnings)
	}
	if got := string(read(t, file)); !strings.HasPrefix(got, "[dbx-ml-reader]\n"+ourWorkspace+"\n[dbx-ml-trainer]\n") {
		t.Errorf("got %q", got)
	}
	if info, err := os.Stat(file); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
		t.Errorf("%v, %v; want 0600", info.Mode(), err)
	}
}

func TestWhatCannotBeWrittenIsExplained(t *testing.T) {
	t.Parallel()
	notADirectory := filepath.Join(t.TempDir(), "home")
	write(t, notADirectory, nil)
	file := filepath.Join(notADirectory, ".databrickscfg")
	if _, err := databricksTarget(t, file).Plan(absoluteHelper(), testWorkspaces(), nil); err == nil || ui.HintOf(err) == "" ||
		!strings.Contains(err.Error(), ".databrickscfg") {
		t.Errorf("got %v with hint %q", err, ui.HintOf(err))
	}
}

// absoluteHelper is good on the system that the test runs on.
func absoluteHelper() Helper {
	if runtime.GOOS == "windows" {
		return Helper{Path: `C:\bin\dbxaccess.exe`, windows: true}
	}
	return testHelper()
}

func TestInjectionIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	good := testWorkspaces()[0]
	for _, host := range []string{
		"", "https://", "http://", "dbc.cloud.databricks.com", "//a.com", "ftp://a.com", "HTTPS://a.com", "https:/a.com",
		"http://a.com", "http://127.0.0.1.a.com", "http://localhost.a.com", "http://10.0.0.1", "http://[::1]:80", "https://[::1]",
		"https://a.com/", "https://a.com/x", "https://a.com?o=1", "https://a.com#x", "https://u:p@a.com", "https://u@a.com",
		"https://a.com\n[x]", "https://a.com\ntoken = x", "https://a.com\r", "https://a.com\x00", "https://a.com\x0b", "https://a.com\u0085",
		"https://a.com #", "https://a.com ;x", "https://a.com;x", "https://a .com", " https://a.com", "https://a.com ", "https://a.com\t",
		`https://a.com\`, `https://"a.com"`, "https://a.com`", "https://%(token)s", "https://${env:HOME}", "https://a=b.com",
		"https://A.com", "https://ä.com", "https://a\u202e.com", "https://-a.com", "https://a-.com", "https://.a.com", "https://a..com",
		"https://a.com.", "https://a_b.com", "https://a.com:", "https://a.com:0", "https://a.com:65536", "https://a.com:+1",
		"https://a.com:01", "https://a.com:80:80", "https://a.com:x", "https://" + strings.Repeat("a", 64) + ".com",
		"https://" + strings.Repeat("a.", 127) + "com",
	} {
		if err := checkDatabricksRefusal(t, "host "+host, testHelper(), good, Profile{Name: "x", Host: host}); ui.IDOf(err) != "profile-host" {
			t.Errorf("%q: %s: %v", host, ui.IDOf(err), err)
		}
	}
	for _, name := range []string{
		"", "a;x", "a\nb", "a]", "[a", "a\x00", "a b", "a#b", "a=b", "-a", ".a", "A", "DEFAULT", "__settings__", "__proto__", "ä",
		"a'", "$(id)", strings.Repeat("a", 129),
	} {
		checkDatabricksRefusal(t, "name "+name, testHelper(), good, Profile{Name: name, Host: good.Host})
	}
	checkDatabricksRefusal(t, "a name twice", testHelper(), good, good)
	for _, path := range []string{
		"", "dbxaccess", "/a;b/dbxaccess", "/a #b/dbxaccess", "/a\nb/dbxaccess", "/a\\b/dbxaccess", "/a\x00/dbxaccess", "/it's/dbxaccess",
		"/$HOME/dbxaccess", "/${x}/dbxaccess", "/%(host)s/dbxaccess", "/home/josé/dbxaccess", "/usr/bin/databricks", "/a(1)/dbxaccess",
	} {
		checkDatabricksRefusal(t, "path "+path, Helper{Path: path}, good)
	}
}

func checkDatabricksRefusal(t *testing.T, what string, helper Helper, want ...Profile) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), ".databrickscfg")
	_, err := databricksTarget(t, file).Plan(helper, want, nil)
	if err == nil || ui.HintOf(err) == "" || ui.CodeOf(err) != ui.Failed || strings.ContainsAny(err.Error(), "\n\x00\u202e") {
		t.Errorf("%q: got %v with hint %q", what, err, ui.HintOf(err))
	}
	if _, err := os.Stat(file); err == nil {
		t.Errorf("%q: something was written", what)
	}
	return err
}

func TestHostsThatAreWritten(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"https://dbc-1234.cloud.databricks.com", "https://adb-1.2.azuredatabricks.net:443", "https://localhost", "https://10.0.0.1:65535",
		"http://localhost:1", "http://127.0.0.1:8080", "http://127.9.9.9",
	} {
		if err := validateDatabricks(Profile{Name: "a", Host: host}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestThePathHasNoQuotes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		goos, path, want string
		id               ui.ID
	}{
		{"linux", "/usr/local/bin/dbxaccess", "/usr/local/bin/dbxaccess", ""},
		{"linux", "/home/alice/my tools/dbxaccess", "/home/alice/my tools/dbxaccess", ""},
		{"darwin", "/opt/a=b,c@d+e~f:g/dbxaccess", "/opt/a=b,c@d+e~f:g/dbxaccess", ""},
		{"windows", `C:/Program Files/dbxaccess.exe`, `C:\Program Files\dbxaccess.exe`, ""},
		{"windows", `C:\PROGRA~1\dbxaccess.exe`, `C:\PROGRA~1\dbxaccess.exe`, ""},
		// refused
		{"windows", `C:\a,b\dbxaccess.exe`, "", "helper-path-characters"},
		{"windows", `C:\a=b c\dbxaccess.exe`, "", "helper-path-characters"},
		{"windows", `C:\a\\b\dbxaccess.exe`, "", "helper-path-backslashes"},
		{"windows", `\\server\share\dbxaccess.exe`, "", "helper-path-backslashes"},
		{"windows", `C:\a;b\dbxaccess.exe`, "", "helper-path-characters"},
		{"windows", `/usr/local/bin/dbxaccess`, "", "helper-path-relative"},
	} {
		got, err := Helper{Path: c.path, windows: c.goos == "windows"}.bare()
		if got != c.want || ui.IDOf(err) != c.id || (err != nil) != (c.want == "") || err != nil && ui.HintOf(err) == "" {
			t.Errorf("%s %s: got %q, %v", c.goos, c.path, got, err)
		}
	}
	awkward := databricksTarget(t, "config").awkward
	warnings := sentences(Helper{Path: "/a b/dbxaccess"}.warnings(awkward))
	if !strings.Contains(warnings, "Java can't run") || strings.Contains(warnings, "temporary") {
		t.Errorf("spaces: got %q", warnings)
	}
	warnings = sentences(Helper{Path: filepath.Join(os.TempDir(), "x", "dbxaccess")}.warnings(awkward))
	if !strings.Contains(warnings, "temporary directory") || strings.Contains(warnings, "Java") {
		t.Errorf("a temporary directory: got %q", warnings)
	}
}

func TestAnothersDatabricksSectionIsRefused(t *testing.T) {
	t.Parallel()
	for name, section := range map[string]string{
		"a token":            "host = https://a.com\ntoken = canary\n",
		"empty":              "",
		"the Databricks CLI": "host = https://a.com\nauth_type = databricks-cli\n",
		"another program":    "databricks_cli_path = /usr/local/bin/databricks\n",
		"a like name":        "databricks_cli_path = /usr/local/bin/my-dbxaccess\n",
		"below our name":     "databricks_cli_path = /opt/dbxaccess/databricks\n",
		"only a comment":     "# databricks_cli_path = /usr/local/bin/dbxaccess\n",
		"a command":          "databricks_cli_path = dbxaccess auth\n",
	} {
		file := filepath.Join(t.TempDir(), ".databrickscfg")
		write(t, file, []byte("\n[dbx-ml-reader]\n"+section))
		_, err := databricksTarget(t, file).Plan(testHelper(), testWorkspaces(), nil)
		if err == nil || !strings.Contains(err.Error(), "[dbx-ml-reader] (line 2)") || strings.Count(err.Error(), file) != 1 ||
			strings.Contains(err.Error(), "canary") || !strings.Contains(ui.HintOf(err), "config set profile_prefix ") {
			t.Errorf("%s: got %v with hint %q", name, err, ui.HintOf(err))
		}
	}
}

func TestWhatTheSDKsReadInDifferentWaysIsRefusedWithTheLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file     string
		line     int
		findable bool // FindDatabricks takes it
	}{
		"our section twice":            {"[dbx-ml-reader]\n" + ourWorkspace + "[x]\n[dbx-ml-reader]\n", 6, false},
		"a header without its end":     {"[dbx-ml-reader\n" + ourWorkspace, 1, false},
		"an indented header":           {"[x]\n  [dbx-ml-reader]\n" + ourWorkspace, 2, false},
		"space inside the brackets":    {"[ dbx-ml-reader ]\n" + ourWorkspace, 1, false},
		"a comment behind the header":  {"[dbx-ml-reader] # mine\n" + ourWorkspace, 1, true},
		"a host twice":                 {"[dbx-ml-reader]\n" + ourWorkspace + "Host: https://b.com\n", 5, false},
		"a host in an indented line":   {"[dbx-ml-reader]\n" + ourWorkspace + "cluster_id = 1\n  host = https://b.com\n", 6, false},
		"a path that goes on":          {"[dbx-ml-reader]\n" + ourWorkspace + " x\n", 5, false},
		"a line that is no setting":    {"[dbx-ml-reader]\n x\n" + ourWorkspace, 2, true},
		"a backslash before a setting": {"[dbx-ml-reader]\ncluster_id = x\\\n" + ourWorkspace, 2, false},
		"a backslash before a header":  {"[x]\ny = z\\\r\n[dbx-ml-reader]\n" + ourWorkspace, 2, false},
		"a comment behind the next":    {"[dbx-ml-reader]\n" + ourWorkspace + "\n[work] # mine\nx = 1\nhost = https://b.com\n", 6, false},
		"a next header of no name":     {"[dbx-ml-reader]\n" + ourWorkspace + "[\nx = 1\n\tAuth_Type: pat\n[x]\n", 5, false},
		"an odd space behind the next": {"[dbx-ml-reader]\n" + ourWorkspace + "[work]\u0085\n\ufeffhost=x\n", 5, false},
		"two next headers":             {"[dbx-ml-reader]\n" + ourWorkspace + "[a] ;\n[b\ntoken = canary\n", 5, false},
		"UTF-16":                       {"\xff\xfe[", 1, false},
	} {
		file := filepath.Join(t.TempDir(), ".databrickscfg")
		write(t, file, []byte(c.file))
		_, err := databricksTarget(t, file).Plan(testHelper(), testWorkspaces()[:1], nil)
		unsafe, ok := errors.AsType[*editor.UnsafeError](err)
		if !ok || unsafe.Line != c.line || !strings.Contains(err.Error(), file) || ui.HintOf(err) == "" {
			t.Errorf("%s: got %v, want a refusal of line %d", name, err, c.line)
		}
		e, err := databricksTarget(t, file).Find("dbx-ml-reader")
		unsafe, ok = errors.AsType[*editor.UnsafeError](err)
		if c.findable && (err != nil || e == nil) || !c.findable && (!ok || unsafe.Line != c.line || ui.HintOf(err) == "") {
			t.Errorf("%s: found %v, %v", name, e, err)
		}
	}
	file := filepath.Join(t.TempDir(), ".databrickscfg")
	write(t, file, []byte("# c:\\\n[dbx-ml-reader]\n# d:\\\n"+ourWorkspace+"[x]\ny = z\\\n"))
	if _, err := databricksTarget(t, file).Plan(testHelper(), testWorkspaces(), nil); err != nil {
		t.Errorf("a backslash that joins nothing of ours: %v", err)
	}
}

// Some SDKs read on behind a header that doesn't end in a bracket.
func TestAHeaderThatIsNoneToSomeSDKsMayHoldForeignSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".databrickscfg")
	for after, warned := range map[string]bool{
		"[work] # mine\ncluster_id = 1\n[x]\nhost = https://b.com\n":    true,
		"[work # mine\n# host = https://b.com\nmy_host = https://b.com": true,
		"[work]\t\r\nhost = https://b.com\n":                            false,
		"[x]\n[work] # mine\nhost = https://b.com\n":                    false,
	} {
		write(t, file, []byte("[dbx-ml-reader]\n"+ourWorkspace+after))
		p, err := databricksTarget(t, file).Plan(testHelper(), testWorkspaces()[:1], nil)
		if err != nil || warned != (len(p.Warnings) == 1 && p.Warnings[0].ID == "profile-open-end" && strings.Contains(p.Warnings[0].What, "line 5")) {
			t.Errorf("%q: %v, %v", after, p, err)
		}
		if e, err := databricksTarget(t, file).Find("dbx-ml-reader"); err != nil || e == nil {
			t.Errorf("%q: found %v, %v", after, e, err)
		}
	}
}

func TestWhatOverrulesAnEntryIsTold(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".databrickscfg")
	write(t, file, []byte("[DEFAULT]\ntoken = canary\n[dbx-ml-reader]\n"+ourWorkspace+"token = canary\nclient_secret = canary\nscopes = sql\n"+
		"cluster_id = 1\naccount_id = 2\n[dbx-ml-trainer]\n"+ourWorkspace+"scopes = all-apis\n"))
	p, err := databricksTarget(t, file).Plan(testHelper(), testWorkspaces(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := sentences(p.Warnings)
	for _, want := range []string{
		"token in the profile dbx-ml-reader (line 7)", "client_secret in the profile dbx-ml-reader (line 8)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if len(p.Warnings) != 2 || strings.Contains(got, "canary") {
		t.Errorf("got %q", got)
	}

	write(t, file, []byte(byteOrderMark+"[DEFAULT]\n"))
	p, err = databricksTarget(t, file).Plan(testHelper(), nil, nil)
	if err != nil || len(p.Warnings) != 1 || p.Warnings[0].ID != "config-byte-order-mark" {
		t.Errorf("a byte order mark: %v, %v", p, err)
	}
}

func TestAnAccountStandsBesideItsConsole(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".databrickscfg")
	want := Profile{Name: "dbx-admin", Host: "https://accounts.cloud.databricks.com", AccountID: "4d7e5f0a-2b6c"}
	plan, err := databricksTarget(t, file).Plan(Helper{Path: "/usr/bin/dbxaccess"}, []Profile{want}, nil)
	if err != nil || !strings.Contains(plan.Diff(), "+account_id = 4d7e5f0a-2b6c\n") {
		t.Fatalf("%v\n%s", err, plan.Diff())
	}
	for _, hostile := range []string{"a\n[x]", "a #", "A1", "a=b"} {
		want.AccountID = hostile
		if _, err := databricksTarget(t, file).Plan(Helper{Path: "/usr/bin/dbxaccess"}, []Profile{want}, nil); err == nil {
			t.Errorf("%q was taken", hostile)
		}
	}
}
