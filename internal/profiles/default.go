package profiles

import (
	"fmt"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// DefaultName is the section that the AWS tools use which are told no profile.
const DefaultName = "default"

// defaultTaken is the warning that a person has a default of their own, which stays.
const defaultTaken ui.ID = "profile-default-taken"

// withoutTaken leaves out the wanted [default] where a person has one of their own, in either file of the AWS tools. One that runs
// dbxaccess is ours only if we wrote it: people write such entries by hand.
func (t Target) withoutTaken(doc *editor.Document, want []Profile) (free []Profile, warnings []ui.Warning, err error) {
	for _, p := range want {
		if p.Name != DefaultName {
			free = append(free, p)
			continue
		}
		where, err := t.ownDefault(doc)
		if err != nil {
			return nil, nil, err
		}
		if where == "" {
			free = append(free, p)
			continue
		}
		warnings = append(warnings, ui.Warning{
			ID: defaultTaken, What: where + " has a [default] of your own, which stays as it is", Fix: ui.Command("dbxaccess config unset profile_aws_default"),
		})
	}
	return free, warnings, nil
}

// ownDefault is where a person has a [default] of their own; "" for nowhere.
func (t Target) ownDefault(doc *editor.Document) (where string, err error) {
	s, err := doc.Find(DefaultName)
	if err != nil {
		return "", err
	}
	if s != nil {
		if _, ours := t.entry(s); !ours || !t.WroteDefault {
			return fmt.Sprintf("%s (line %d)", ui.Clean(t.Path), s.Line), nil
		}
	}
	keys, err := readDocument(t.credentials, editor.Plain)
	if err != nil {
		return "", err
	}
	if s, err = keys.Find(DefaultName); err != nil || s == nil {
		return "", explainUnsafe(t.credentials, err)
	}
	return fmt.Sprintf("%s (line %d)", ui.Clean(t.credentials), s.Line), nil
}

// choose has a file of the Databricks tools name the default profile, as `databricks auth switch` does: never by [DEFAULT], which old
// tools read with every profile. What a person chose stays; what we wrote, which is t.Chose, is replaced, and taken back where name is "".
func (t Target) choose(doc *editor.Document, name string) (done outcome, err error) {
	current := ""
	s, err := doc.Find(t.reserved)
	if err == nil && s != nil {
		err = s.Editable([]string{keyDefaultProfile})
		current = s.Value(keyDefaultProfile)
	}
	ours := current == "" || current == t.Chose
	switch {
	case err != nil || current == name:
	case name == "" && ours:
		_, err = doc.Remove(t.reserved, []string{keyDefaultProfile})
		done.changes = []Change{{Profile: DefaultChoice, Action: Removed}}
	case name != "" && ours:
		_, err = doc.Put(t.reserved, []editor.Setting{{Key: keyDefaultProfile, Value: name}})
		done.changes = []Change{{Profile: DefaultChoice, Action: Updated}}
	case name != "":
		done.warnings = []ui.Warning{{
			ID: defaultTaken, What: fmt.Sprintf("%s (line %d) names %s as the default profile, which stays so", ui.Clean(t.Path), s.Line, ui.Clean(current)),
			Fix: ui.Command("dbxaccess config unset profile_databricks_default"),
		}}
	}
	return done, err
}

// DefaultChoice is the name under which changes and the record have the default profile of the Databricks tools; no profile has it.
const DefaultChoice = "[default_profile]"

// chosen is the name of the profile that is wanted as the default one of the Databricks tools; "" for none.
func chosen(want []Profile) string {
	for _, p := range want {
		if p.Chosen {
			return p.Name
		}
	}
	return ""
}

func isChoice(c Change) bool { return c.Profile == DefaultChoice }
