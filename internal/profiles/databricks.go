package profiles

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	keyHost     = "host"
	keyAuthType = "auth_type"
	keyCLIPath  = "databricks_cli_path"
	keyAccount  = "account_id"
	keyID       = "workspace_id"
	keyScopes   = "scopes"

	authType = "databricks-cli"

	maxScopes = 6000 // characters of all scopes: more than the access map takes

	keyDefaultProfile = "default_profile"
)

// Databricks is the config file of the Databricks SDKs, found as they find it: DATABRICKS_CONFIG_FILE, else
// ~/.databrickscfg. A leading ~/ is home; ~name, which only the SDK for Python reads as another's home, is refused.
// home may be "" if the variable is set.
// https://docs.databricks.com/aws/en/dev-tools/auth/config-profiles
func Databricks(getenv func(string) string, home string) (Target, error) {
	path, err := locate(getenv, home, "DATABRICKS_CONFIG_FILE", "~/.databrickscfg")
	if err != nil {
		return Target{}, err
	}
	return Target{
		For: ForDatabricks, Path: path,
		style:    editor.Plain,
		keys:     databricksKeys(),
		reserved: "__settings__", // of the Databricks CLI
		noBOM:    "the Databricks SDK for Python",
		awkward: awkward{ // Java's passes the line to a shell without quotes
			id: "helper-path-spaces", what: "holds spaces", who: "the Databricks SDK for Java",
			is: func(h Helper) bool { return strings.Contains(h.Path, " ") },
		},
		// The SDKs go by auth_type, whatever else is there; tools that read the file themselves don't.
		// https://github.com/mlflow/mlflow/blob/master/mlflow/legacy_databricks_cli/configure/provider.py
		foreign: []foreign{{
			id: "profile-outranked", keys: databricksSecrets(),
			effect: "is used in place of dbxaccess by tools that don't look at auth_type, such as MLflow",
		}},
		validate: validateDatabricks,
		program:  Helper.bare,
		settings: func(program string, p Profile) []editor.Setting {
			return []editor.Setting{
				{Key: keyHost, Value: p.Host}, {Key: keyAuthType, Value: authType}, {Key: keyCLIPath, Value: program},
				{Key: keyAccount, Value: p.AccountID}, {Key: keyID, Value: p.WorkspaceID}, scopesSetting(p.Scopes),
			}
		},
		entry: databricksEntry, check: checkDatabricks,
	}, nil
}

func databricksKeys() []string {
	return []string{keyHost, keyAuthType, keyCLIPath, keyAccount, keyID, keyScopes}
}

// scopesSetting says what the tokens are for. The SDKs for Python and Java refuse a token whose scopes are not those of its
// profile, all-apis where it has none, so another value that is there gives way. Commas are what all of them split at.
func scopesSetting(scopes string) editor.Setting {
	if scopes == "" {
		return editor.Setting{Key: keyScopes, Value: "all-apis", InPlace: true}
	}
	return editor.Setting{Key: keyScopes, Value: scopes}
}

func databricksSecrets() []string { return []string{"token", "password", "client_secret"} }

func validateDatabricks(p Profile) error {
	if err := validateProfileName(p.Name); err != nil {
		return err
	}
	if !isHost(p.Host) {
		return ui.Errorf("profile-host", ui.Failed, "the workspace host %q can't be written into a config file", ui.Clean(p.Host)).
			With(ui.Advice("a host is https://name or https://name:port, in small letters and with nothing behind it " +
				"(http for this machine alone); correct it in the access map"))
	}
	if p.AccountID != "" {
		if err := validateName("account ID", p.AccountID, "-", 64); err != nil {
			return err
		}
	}
	if p.WorkspaceID != "" {
		if err := validateName("workspace ID", p.WorkspaceID, "-", 64); err != nil {
			return err
		}
	}
	if p.Scopes != "" {
		return validateName("scopes", p.Scopes, ".:_,-", maxScopes)
	}
	return nil
}

// databricksEntry reads a section, which is ours if the base name of its program is.
func databricksEntry(s *editor.Section) (Entry, bool) {
	e := Entry{Profile: Profile{Host: s.Value(keyHost), AccountID: s.Value(keyAccount), WorkspaceID: workspaceID(s)}, Helper: unquoted(s.Value(keyCLIPath)), SignIn: databricksSignIn(s)}
	hasForm := func(key string, form func(value string) bool) bool {
		p := s.Property(key)
		return p != nil && p.AsWritten && form(p.Value)
	}
	e.Written = validateProfileName(s.Name) == nil && hasForm(keyHost, isHost) && hasForm(keyCLIPath, isBarePath) &&
		hasForm(keyAuthType, func(value string) bool { return value == authType })
	return e, isHelperName(e.Helper)
}

// workspaceID is that of a section; "none" is the Databricks CLI's word for none.
func workspaceID(s *editor.Section) string {
	if id := s.Value(keyID); id != "none" {
		return id
	}
	return ""
}

// isBarePath reports whether a value has the form in which we write the helper's path, here or on another system that
// shares the file.
func isBarePath(value string) bool {
	return slices.ContainsFunc([]bool{false, true}, func(windows bool) bool {
		path, err := Helper{Path: value, windows: windows}.bare()
		return err == nil && path == value
	})
}

// checkDatabricks refuses a section of which the SDKs don't all read the same, and one that is to be written if some
// can't read it at all. Python's configparser joins an indented line to the value above; Go's ini.v1 and Java's
// INIConfiguration read it as a line of its own, but join the next line to one that ends in a backslash.
func checkDatabricks(doc *editor.Document, s *editor.Section, written bool) ([]ui.Warning, error) {
	if err := s.Editable(databricksKeys()); err != nil {
		return nil, err
	}
	last := s.Line
	for _, p := range s.Properties {
		if p.Continued != 0 {
			return nil, &editor.UnsafeError{Line: p.Continued,
				Reason: "it is indented; the Databricks SDK for Python reads it as part of the line above, others don't"}
		}
		last = p.Line
	}
	for n := max(s.Line-1, 1); n <= last; n++ {
		if strings.HasSuffix(doc.Text(n), `\`) {
			return nil, &editor.UnsafeError{Line: n,
				Reason: "it ends in a backslash; the Databricks SDKs for Go and Java read the next line as part of it"}
		}
	}
	if written && !doc.EndsInBracket(s.Line) {
		return nil, &editor.UnsafeError{Line: s.Line,
			Reason: "something follows the bracket; the Databricks SDKs for Java and JavaScript don't read the line as a header"}
	}
	if written && s.Other != 0 {
		return nil, &editor.UnsafeError{Line: s.Other,
			Reason: "it is not a setting; the Databricks SDKs for Go and Python refuse the whole file because of it"}
	}
	return checkEnd(doc, s)
}

// checkEnd checks the header behind a section. If it doesn't end in a bracket, the SDKs for Java and JavaScript read
// what follows as settings of the section, up to the next header that does: a host there gets our token. A setting of a
// key that they use is refused; others only add to the profile.
func checkEnd(doc *editor.Document, s *editor.Section) ([]ui.Warning, error) {
	if s.Next == 0 || doc.EndsInBracket(s.Next) {
		return nil, nil
	}
	for n := s.Next; n <= doc.Len() && !doc.EndsInBracket(n); n++ {
		key, _, _ := strings.Cut(strings.ReplaceAll(doc.Text(n), ":", "="), "=")
		key = strings.ToLower(strings.TrimFunc(key, func(r rune) bool { return !unicode.IsLetter(r) }))
		if slices.Contains(databricksKeys(), key) || slices.Contains(databricksSecrets(), key) {
			return nil, &editor.UnsafeError{Line: s.Next, Reason: fmt.Sprintf(
				"it doesn't end in a bracket; the Databricks SDKs for Java and JavaScript read %s in line %d as a setting of [%s]",
				key, n, ui.Clean(s.Name))}
		}
	}
	return []ui.Warning{{
		ID: "profile-open-end",
		What: fmt.Sprintf("line %d, behind the profile %s, doesn't end in a bracket; "+
			"the Databricks SDKs for Java and JavaScript read the settings below it as the profile's", s.Next, s.Name),
		Fix: ui.Advice("put what follows the bracket on a line of its own"),
	}}, nil
}
