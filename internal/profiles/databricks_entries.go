package profiles

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func databricksEntries(doc *editor.Document) []DatabricksEntry {
	var all []DatabricksEntry
	for _, s := range doc.Sections {
		if s.Name != settingsSection && runsDBXAccess(s) {
			all = append(all, databricksEntry(s))
		}
	}
	return all
}

func databricksEntry(s *editor.Section) DatabricksEntry {
	e := DatabricksEntry{Profile: s.Name, Host: s.Value(keyHost), AuthType: s.Value(keyAuthType), Helper: cliPath(s), Line: s.Line}
	host, auth, path := s.Property(keyHost), s.Property(keyAuthType), s.Property(keyCLIPath)
	e.Written = validateProfileName(s.Name) == nil &&
		host != nil && host.AsWritten && isHost(host.Value) &&
		auth != nil && auth.AsWritten && auth.Value == authType &&
		path != nil && path.AsWritten && isBarePath(path.Value)
	return e
}

// isBarePath reports whether a value has the form in which we write the helper's path, here or on another system that
// shares the file.
func isBarePath(value string) bool {
	return slices.ContainsFunc([]string{"linux", "windows"}, func(goos string) bool {
		path, err := Helper{Path: value}.bare(goos)
		return err == nil && path == value
	})
}

// runsDBXAccess: the base name of the program is ours.
func runsDBXAccess(s *editor.Section) bool { return isHelperName(cliPath(s)) }

// cliPath is the program that a section runs, without the quotes that some SDKs take off.
func cliPath(s *editor.Section) string {
	path := s.Value(keyCLIPath)
	if n := len(path); n >= 2 && (path[0] == '"' || path[0] == '\'') && path[n-1] == path[0] {
		path = path[1 : n-1]
	}
	return path
}

// readAlike refuses a section of which the SDKs don't all read the same. Python's configparser joins an indented line to
// the value above; Go's ini.v1 and Java's INIConfiguration take it for a line of its own, but join the next line to one
// that ends in a backslash.
func readAlike(doc *editor.Document, s *editor.Section) error {
	if err := s.Editable(databricksKeys()); err != nil {
		return err
	}
	last := s.Line
	for _, p := range s.Properties {
		if p.Continued != 0 {
			return &editor.UnsafeError{Line: p.Continued,
				Reason: "it is indented; the Databricks SDK for Python takes it for a part of the line above, others don't"}
		}
		last = p.Line
	}
	for n := max(s.Line-1, 1); n <= last; n++ {
		if strings.HasSuffix(doc.Text(n), `\`) {
			return &editor.UnsafeError{Line: n, Reason: "a backslash at its end; the Databricks SDKs for Go and Java take the next line for a part of it"}
		}
	}
	return nil
}

// inspect looks at a section that is to be written: it refuses what the SDKs read in different ways, and what
// some of them can't read at all, and warns of what a person added to it. An absent section is as it should be.
func inspect(doc *editor.Document, name string) (warnings []ui.Warning, err error) {
	s, err := doc.Find(name)
	if err != nil || s == nil {
		return nil, err
	}
	if err := readAlike(doc, s); err != nil {
		return nil, err
	}
	if !strings.HasSuffix(doc.Text(s.Line), "]") {
		return nil, &editor.UnsafeError{Line: s.Line,
			Reason: "something follows the bracket; the Databricks SDKs for Java and JavaScript take the line for no header"}
	}
	if s.Other != 0 {
		return nil, &editor.UnsafeError{Line: s.Other, Reason: "it is no setting; the Databricks SDKs for Go and Python refuse the whole file for it"}
	}
	return overruled(s), nil
}

// overruled warns of what a person added to one of our sections and what keeps a tool from asking dbxaccess. The SDKs go
// by auth_type, whatever else is there; tools that read the file themselves don't.
// https://github.com/mlflow/mlflow/blob/master/mlflow/legacy_databricks_cli/configure/provider.py
func overruled(s *editor.Section) []ui.Warning {
	var warnings []ui.Warning
	for _, key := range []string{"token", "password", "client_secret"} {
		if p := s.Property(key); p != nil {
			warnings = append(warnings, added("profile-outranked", s, p,
				"is used in place of dbxaccess by tools that don't look at auth_type, MLflow among them"))
		}
	}
	// Workspace tokens are for all-apis; the SDKs for Python and Java compare.
	if p := s.Property("scopes"); p != nil && p.Value != "all-apis" {
		warnings = append(warnings, added("profile-scopes", s, p,
			"makes the Databricks SDKs for Python and Java refuse the token, which has the scope all-apis"))
	}
	return warnings
}

// noteDefault tells where a removed profile is still the one that the SDKs take when none is named.
func noteDefault(doc *editor.Document, changes []Change) {
	for _, s := range doc.Sections {
		if s.Name != settingsSection {
			continue
		}
		for j, c := range changes {
			if c.Profile == s.Value(keyDefaultProfile) {
				note := "it is still the " + keyDefaultProfile + " in [" + settingsSection + "]; databricks auth switch chooses another"
				changes[j].Note = strings.TrimPrefix(c.Note+"; "+note, "; ")
			}
		}
	}
}
