package profiles

import (
	"fmt"
	"slices"
	"strings"
)

func databricksEntries(doc *document) []DatabricksEntry {
	var all []DatabricksEntry
	for i := range doc.sections {
		if s := &doc.sections[i]; s.name != settingsSection && runsDBXAccess(s) {
			all = append(all, databricksEntry(s))
		}
	}
	return all
}

func databricksEntry(s *section) DatabricksEntry {
	e := DatabricksEntry{Profile: s.name, Line: s.header + 1, Helper: cliPath(s)}
	host, auth, path := s.property(keyHost), s.property(keyAuthType), s.property(keyCLIPath)
	if host != nil {
		e.Host, _ = cutComment(host.value)
	}
	if auth != nil {
		e.AuthType, _ = cutComment(auth.value)
	}
	e.Written = validateProfileName(s.name) == nil &&
		host != nil && host.asWritten && isHost(host.value) &&
		auth != nil && auth.asWritten && auth.value == authType &&
		path != nil && path.asWritten && isBarePath(path.value)
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
func runsDBXAccess(s *section) bool { return isHelperName(cliPath(s)) }

// cliPath is the program that a section runs, without the quotes that some SDKs take off.
func cliPath(s *section) string {
	p := s.property(keyCLIPath)
	if p == nil {
		return ""
	}
	path, _ := cutComment(p.value)
	if n := len(path); n >= 2 && (path[0] == '"' || path[0] == '\'') && path[n-1] == path[0] {
		path = path[1 : n-1]
	}
	return path
}

// readAlike refuses a section of which the SDKs don't all read the same. Python's configparser joins an indented line to
// the value above; Go's ini.v1 and Java's INIConfiguration take it for a line of its own, but join the next line to one
// that ends in a backslash.
func (doc *document) readAlike(s *section) error {
	if err := s.editable(databricksKeys()); err != nil {
		return err
	}
	last := s.header
	for _, p := range s.properties {
		if p.continued != 0 {
			return &unsafeError{p.continued + 1,
				"it is indented; the Databricks SDK for Python takes it for a part of the line above, others don't"}
		}
		last = p.line
	}
	for i := max(s.header-1, 0); i <= last; i++ {
		if text := strings.TrimSpace(doc.lines[i].text); strings.HasSuffix(text, `\`) && !isComment(text) {
			return &unsafeError{i + 1, "a backslash at its end; the Databricks SDKs for Go and Java take the next line for a part of it"}
		}
	}
	return nil
}

// inspect looks at a section that is to be written: it refuses what the SDKs read in different ways, and what
// some of them can't read at all, and warns of what a person added to it. An absent section is as it should be.
func (doc *document) inspect(name string) (warnings []string, err error) {
	s, err := doc.find(name)
	if err != nil || s == nil {
		return nil, err
	}
	if err := doc.readAlike(s); err != nil {
		return nil, err
	}
	if !strings.HasSuffix(strings.TrimSpace(doc.lines[s.header].text), "]") {
		return nil, &unsafeError{s.header + 1,
			"something follows the bracket; the Databricks SDKs for Java and JavaScript take the line for no header"}
	}
	if s.others != 0 {
		return nil, &unsafeError{s.others + 1, "it is no setting; the Databricks SDKs for Go and Python refuse the whole file for it"}
	}
	return overruled(s), nil
}

// overruled warns of what a person added to one of our sections and what keeps a tool from asking dbxaccess. The SDKs go
// by auth_type, whatever else is there; tools that read the file themselves don't.
// https://github.com/mlflow/mlflow/blob/master/mlflow/legacy_databricks_cli/configure/provider.py
func overruled(s *section) []string {
	var warnings []string
	warn := func(p *property, why string) {
		warnings = append(warnings, fmt.Sprintf("%s in the profile %s (line %d) %s; take it out", p.key, s.name, p.line+1, why))
	}
	for _, key := range []string{"token", "password", "client_secret"} {
		if p := s.property(key); p != nil {
			warn(p, "is used in place of dbxaccess by tools that don't look at auth_type, MLflow among them")
		}
	}
	// Workspace tokens are for all-apis; the SDKs for Python and Java compare.
	if p := s.property("scopes"); p != nil && p.value != "all-apis" {
		warn(p, "makes the Databricks SDKs for Python and Java refuse the token, which has the scope all-apis")
	}
	return warnings
}

// noteDefault tells where a removed profile is still the one that the SDKs take when none is named.
func noteDefault(doc *document, changes []Change) {
	for i := range doc.sections {
		p := doc.sections[i].property(keyDefaultProfile)
		if p == nil || doc.sections[i].name != settingsSection {
			continue
		}
		chosen, _ := cutComment(p.value)
		for j, c := range changes {
			if c.Profile == chosen {
				note := "it is still the " + keyDefaultProfile + " in [" + settingsSection + "]; databricks auth switch chooses another"
				changes[j].Note = strings.TrimPrefix(c.Note+"; "+note, "; ")
			}
		}
	}
}
