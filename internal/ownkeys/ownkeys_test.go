package ownkeys

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Keys in parts, so that nothing here has their shape.
const (
	id, secondID      = "AK" + "IAZSRDWH5NUQSPAPSI", "AK" + "IA2KXQ7WHB3TPLMVRD"
	secretKey         = "q9Zr7Kd0Wc3XvT5yB8nM" + "1jH4gF6sA2pL/uE+iOxR"
	secondSecret      = "Tf3Lw8Vn2Qy6Rb9Kd4Xs" + "7Jm1Zc5Gh0Pu+eAiO/Wx"
	token, otherToken = "da" + "pi3f9c0b7a5d1e48266c8f0e9b4d7a2c15", "da" + "pi8b1d4e7fa02c5369d8e1b4f7a0c3d6e9"
)

// machineWith is a home and a working directory below it, with these files.
func machineWith(t *testing.T, files map[string]string, variables ...string) Machine {
	t.Helper()
	home := t.TempDir()
	m := Machine{Home: home, Dir: filepath.Join(home, "project"), Environ: variables, Configs: []string{
		filepath.Join(home, ".aws/credentials"), filepath.Join(home, ".aws/config"), filepath.Join(home, ".databrickscfg"),
	}}
	m.Getenv = func(name string) string {
		for _, v := range variables {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		path := filepath.Join(home, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// told are the keys as a test compares them.
func told(m Machine, keys []Key) []string {
	var all []string
	for _, k := range keys {
		text := strings.TrimPrefix(filepath.ToSlash(k.String()), filepath.ToSlash(m.Home)+"/") + " " + k.ID
		for _, part := range []string{k.Section, k.Account, k.Host} {
			if part != "" {
				text += " " + part
			}
		}
		if !k.Secret.IsZero() && !k.AccessID.IsZero() {
			text += " whole"
		}
		if k.Movable {
			text += " movable"
		}
		if k.Lesser {
			text += " lesser"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

func TestLookFindsKeysWhereToolsKeepThem(t *testing.T) {
	t.Parallel()
	m := machineWith(t, map[string]string{
		".aws/credentials": "[default]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secretKey + "\n\n[two]\naws_secret_access_key = " + secondSecret + "\naws_access_key_id = " + secondID + "\n",
		".aws/config":      "[profile dbx]\ncredential_process = dbxaccess credential-process\n",
		".databrickscfg":   "[DEFAULT]\nhost = https://dbc-1234.cloud.databricks.com\ntoken = " + token + "\n",
		".bash_history":    "ls\nexport DATABRICKS_TOKEN=" + otherToken + "\n",
		".dbt/profiles.yml": "a:\n  outputs:\n    dev:\n      host: dbc-1234.cloud.databricks.com\n      token: " +
			otherToken + "\n",
		".netrc":                                     "machine dbc-1234.cloud.databricks.com login token password " + token + "\n",
		"project/.env":                               "AWS_SECRET_ACCESS_KEY='" + secretKey + "'\n",
		"project/deep/er/.vscode/settings.json":      `{"terminal.integrated.env.linux": {"DATABRICKS_TOKEN": "` + token + `"}}`,
		"project/node_modules/x/.env":                "DATABRICKS_TOKEN=" + token + "\n",
		"project/notes.txt":                          "DATABRICKS_TOKEN=" + token + "\n", // for scan: it is no usual place
		".jupyter/jupyter_lab_config.py":             "c.Spawner.environment = {'DATABRICKS_TOKEN': '" + token + "'}\n",
		".local/share/jupyter/kernels/a/kernel.json": `{"env": {"AWS_ACCESS_KEY_ID": "` + id + `"}}`,
	}, "DATABRICKS_TOKEN="+token, "DATABRICKS_HOST=https://dbc-9.cloud.databricks.com", "PATH=/bin", "AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secretKey)
	want := []string{
		".aws/credentials:2 aws-access-key-id default " + AccountOf(id) + " whole movable",
		".aws/credentials:7 aws-access-key-id two " + AccountOf(secondID) + " whole movable",
		".bash_history:2 databricks-token movable",
		".databrickscfg:3 databricks-token DEFAULT https://dbc-1234.cloud.databricks.com movable",
		".dbt/profiles.yml:5 databricks-token https://dbc-1234.cloud.databricks.com",
		".jupyter/jupyter_lab_config.py:1 databricks-token",
		".local/share/jupyter/kernels/a/kernel.json:1 aws-access-key-id " + AccountOf(id),
		".netrc:1 databricks-token https://dbc-1234.cloud.databricks.com",
		"AWS_ACCESS_KEY_ID aws-access-key-id " + AccountOf(id) + " whole",
		"DATABRICKS_TOKEN databricks-token https://dbc-9.cloud.databricks.com",
		"project/.env:1 aws-secret-access-key movable",
		"project/deep/er/.vscode/settings.json:1 databricks-token",
	}
	found := m.Look()
	if diff := cmp.Diff(want, told(m, found.Keys)); diff != "" {
		t.Error(diff)
	}
	if len(found.Unread) != 0 || len(found.Caches) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestCachesAreNamed(t *testing.T) {
	t.Parallel()
	m := machineWith(t, map[string]string{
		".aws/sso/cache/a.json": `{"accessToken": "x"}`, ".aws/sso/cache/b.json": `{"accessToken": "x"}`, ".aws/cli/cache/c.json": `{}`,
		".databricks/token-cache.json": `{"tokens": {"https://x": {"access_token": "x"}}}`, ".kube/cache/oidc-login/0a": `{"id_token":"x"}`,
	})
	var got []string
	for _, c := range m.Look().Caches {
		rel, _ := filepath.Rel(m.Home, c.Path)
		got = append(got, filepath.ToSlash(rel))
	}
	if diff := cmp.Diff([]string{".aws/sso/cache", ".databricks/token-cache.json", ".kube/cache/oidc-login/0a"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAccountOf(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"AS" + "IAQNZGKIQY56JQ7WML":  "029608264753", // of a published example
		"AK" + "IAIOSFODNN7GH4JKLMN": "",             // of before 2019, which tell another number
		"AK" + "IA":                  "",
		strings.Repeat("Q", 20):      "",
		"AK" + "IA0189QNZGKIQY56JQ":  "", // no base 32
	} {
		if got := AccountOf(given); got != want {
			t.Errorf("%s: %q, want %q", given, got, want)
		}
	}
}

// Each case: what is moved out of a file leaves the rest byte for byte.
func TestMoveTakesTheKeysLinesAlone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ name, file, before, after string }{
		{
			"a section of nothing else goes", ".aws/credentials",
			"# mine\r\n[a]\r\nregion = x\r\n\r\n[old]\r\naws_access_key_id = " + id + "\r\naws_secret_access_key=" + secretKey + "\r\n\r\n[b]\r\nregion = y",
			"# mine\r\n[a]\r\nregion = x\r\n\r\n[b]\r\nregion = y",
		},
		{
			"what else is in a section stays", ".aws/credentials",
			"[old]\nregion = x\naws_access_key_id = " + id + "\n# the loader's\naws_secret_access_key = " + secretKey + "\noutput=json\n",
			"[old]\nregion = x\n# the loader's\noutput=json\n",
		},
		{
			"two sections", ".aws/credentials",
			"[one]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secretKey + "\n[two]\nregion = x\naws_access_key_id = " + secondID + "\naws_secret_access_key = " + secondSecret + "\n",
			"[two]\nregion = x\n",
		},
		{
			"a token", ".databrickscfg", "[DEFAULT]\nhost  = https://dbc-1234.cloud.databricks.com\ntoken = " + token + "\n[b]\nhost = x\n",
			"[DEFAULT]\nhost  = https://dbc-1234.cloud.databricks.com\n[b]\nhost = x\n",
		},
		{
			"variables", "project/.env", "A=1\nexport DATABRICKS_TOKEN=\"" + token + "\" # mine\n\nB=2",
			"A=1\n\nB=2",
		},
		{
			"a command of a history, with its time", ".bash_history", "#1764480000\nls\n#1764480001\ncurl -H 'Authorization: Bearer " + token + "' https://x\n#1764480002\npwd\n",
			"#1764480000\nls\n#1764480002\npwd\n",
		},
		{"a command of fish", ".config/fish/config.fish", "set -gx A b\nset -gx DATABRICKS_TOKEN " + token + "\n", "set -gx A b\n"},
		{"the same key twice", "project/.env", "A=" + token + "\nB=" + token + "\nC=1\n", "C=1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := machineWith(t, map[string]string{tt.file: tt.before})
			dir := filepath.Join(m.Home, "settings", BackupDir)
			keys := m.Look().Keys
			moved := Move(keys, dir, now)
			path := filepath.Join(m.Home, filepath.FromSlash(tt.file))
			got, err := os.ReadFile(path)
			if err != nil || len(moved) != 1 || moved[0].Err != nil {
				t.Fatalf("%v %+v of %v", err, moved, told(m, keys))
			}
			if diff := cmp.Diff(tt.after, string(got)); diff != "" {
				t.Error(diff)
			}
			backup, err := os.ReadFile(moved[0].Backup)
			info, statErr := os.Stat(moved[0].Backup)
			if err != nil || statErr != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%v %v %v", err, statErr, info)
			}
			for _, value := range []string{id, secretKey, secondID, secondSecret, token} {
				if strings.Contains(tt.before, value) != strings.Contains(string(backup), value) {
					t.Errorf("a key is not in the backup, or another is")
				}
			}
			if left := m.Look().Keys; len(left) != 0 {
				t.Errorf("left: %v", told(m, left))
			}
		})
	}
}

// Where more than the key may hang on a line, nothing is moved.
func TestMoveLeavesWhatIsNotCertain(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][2]string{
		"part of a command":     {".bashrc", "curl -H 'Authorization: Bearer " + token + "' https://x\n"},
		"two commands":          {".bashrc", "export DATABRICKS_TOKEN=" + token + "; cd x\n"},
		"a continued line":      {".bash_history", "curl \\\n  -H 'Authorization: Bearer " + token + "' https://x\n"},
		"YAML":                  {".dbt/profiles.yml", "token: " + token + "\n"},
		"a comment of a config": {".databrickscfg", "[a]\nhost = x\n# token = " + token + "\n"},
		"a section twice":       {".databrickscfg", "[a]\nhost = x\n[a]\ntoken = " + token + "\n"},
		"a continued value":     {".aws/config", "[profile a]\ns3 =\n  x = " + token + "\n"},
	} {
		m := machineWith(t, map[string]string{file[0]: file[1]})
		keys := m.Look().Keys
		if len(keys) != 1 || keys[0].Movable || len(Move(keys, m.Home, time.Now())) != 0 {
			t.Errorf("%s: %v", name, told(m, keys))
		}
	}
}

func TestWhatCannotBeReadIsTold(t *testing.T) {
	t.Parallel()
	m := machineWith(t, map[string]string{".netrc": strings.Repeat("x", maxFile+1), ".databrickscfg/x": ""})
	var got []string
	for _, u := range m.Look().Unread {
		got = append(got, filepath.Base(u.Path))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{".databrickscfg", ".netrc"}, got); diff != "" {
		t.Error(diff)
	}
}

// A tree without end is looked through up to a bound, which is told.
func TestTheTreeIsBounded(t *testing.T) {
	t.Parallel()
	files := map[string]string{"project/a/b/c/d/e/f/g/.env": "T=" + token, "project/a/b/c/.env": "T=" + token}
	m := machineWith(t, files)
	found := m.Look()
	if got := told(m, found.Keys); len(got) != 1 || !strings.HasPrefix(got[0], "project/a/b/c/.env") {
		t.Errorf("%v", got)
	}
	if len(found.Unread) != 1 || !strings.HasSuffix(filepath.ToSlash(found.Unread[0].Path), "/e/f/g") && !strings.HasSuffix(filepath.ToSlash(found.Unread[0].Path), "/e/f") {
		t.Errorf("%v", found.Unread)
	}
}
