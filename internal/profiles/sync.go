package profiles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Plan works out how the wanted profiles get into the file: a missing section is added, one that runs dbxaccess is
// updated, every other line keeps its bytes. Entries that were written by dbxaccess, are not wanted and for which stale
// is true are removed; a nil stale removes none. Nothing is written before Apply.
//
// It refuses, with a hint, a name, host or path that not every reader takes as it is, a section of a wanted name that
// doesn't run dbxaccess or is in the shared credentials file, which has precedence over credential_process, and, naming
// the line, a file in which it is not certain where a wanted section is.
func (t Target) Plan(helper Helper, want []Profile, stale func(Entry) bool) (*Plan, error) {
	program, err := t.program(helper)
	if err != nil {
		return nil, err
	}
	if err := t.checkNames(want); err != nil {
		return nil, err
	}
	return newPlan(t.Path, func(old []byte) (outcome, error) {
		if err := t.refuseShadowed(want); err != nil {
			return outcome{}, err
		}
		done, err := t.sync(old, program, want, stale)
		done.warnings = append(helper.warnings(t.awkward), done.warnings...)
		return done, err
	})
}

// Remove works out how entries that were written by dbxaccess are removed. Lines that a person added to a section stay,
// and the change's Note names them.
func (t Target) Remove(which func(Entry) bool) (*Plan, error) {
	return newPlan(t.Path, func(old []byte) (outcome, error) {
		doc, err := editor.Parse(old, t.style)
		if err != nil {
			return outcome{}, err
		}
		return t.finish(doc, outcome{}, which)
	})
}

func (t Target) checkNames(want []Profile) error {
	seen := make(map[string]string, len(want))
	for _, p := range want {
		if err := t.validate(p); err != nil {
			return err
		}
		if p.Name == DefaultName && !p.Default {
			return ui.Errorf("profile-reserved", ui.Failed, "the profile of the role %s would be [default], which tools use that are told none", ui.Clean(p.Role)).
				With(ui.Advice("choose another prefix or name:"), ui.Command("dbxaccess config set profile_name '{prefix}{role}'"))
		}
		if other, twice := seen[p.Name]; twice {
			return ui.Errorf("profile-shared", ui.Failed, "the roles %s and %s would share the profile %s", ui.Clean(other), ui.Clean(p.Role), p.Name).
				With(ui.Advice("choose a prefix or names that keep them apart"))
		}
		seen[p.Name] = p.Role
	}
	return nil
}

// sync is pure: bytes in, bytes out.
func (t Target) sync(old []byte, program string, want []Profile, stale func(Entry) bool) (outcome, error) {
	doc, err := editor.Parse(old, t.style)
	if err != nil {
		return outcome{}, err
	}
	want, taken, err := t.withoutTaken(doc, want)
	if err != nil {
		return outcome{}, err
	}
	if err := t.refuseForeign(doc, want); err != nil {
		return outcome{}, err
	}
	done := outcome{warnings: taken}
	if doc.BOM && t.noBOM != "" {
		done.warnings = append(done.warnings, ui.Warning{
			ID: "config-byte-order-mark", What: t.Path + " starts with a byte order mark, which " + t.noBOM + " refuses",
			Fix: ui.Advice("save it as UTF-8 without one"),
		})
	}
	wanted := make(map[string]bool, len(want))
	for _, p := range want {
		wanted[p.Name] = true
		warnings, err := t.inspect(doc, p.Name)
		if err != nil {
			return outcome{}, err
		}
		action, err := doc.Put(p.Name, t.settings(program, p))
		if err != nil {
			return outcome{}, err
		}
		done.warnings = append(done.warnings, warnings...)
		done.changes = append(done.changes, Change{Profile: p.Name, Action: action})
	}
	if t.reserved != "" {
		choice, err := t.choose(doc, chosen(want))
		if err != nil {
			return outcome{}, err
		}
		done.changes, done.warnings = append(done.changes, choice.changes...), append(done.warnings, choice.warnings...)
		t.Chose = "" // what is to be taken back has been
	}
	return t.finish(doc, done, func(e Entry) bool { return stale != nil && !wanted[e.Name] && stale(e) })
}

// inspect checks a section before it is written: it refuses what its readers can't all read, or read in different ways,
// and warns of what a person added to it. An absent section is fine.
func (t Target) inspect(doc *editor.Document, name string) (warnings []ui.Warning, err error) {
	s, err := doc.Find(name)
	if err != nil || s == nil {
		return nil, err
	}
	if t.check != nil {
		if warnings, err = t.check(doc, s, true); err != nil {
			return nil, err
		}
	}
	for _, f := range t.foreign {
		for _, key := range f.keys {
			if p := s.Property(key); p != nil {
				warnings = append(warnings, ui.Warning{
					ID: f.id, What: fmt.Sprintf("%s in the profile %s (line %d) %s", key, name, p.Line, f.effect), Fix: ui.Advice("remove it"),
				})
			}
		}
	}
	return warnings, nil
}

// finish removes entries of ours and writes the document.
func (t Target) finish(doc *editor.Document, done outcome, stale func(Entry) bool) (outcome, error) {
	for _, e := range t.entries(doc) {
		if !e.Written || !stale(e) {
			continue
		}
		kept, err := doc.Remove(e.Name, t.keys)
		if err != nil {
			return outcome{}, err
		}
		if t.Chose != "" && t.Chose == e.Name {
			choice, err := t.choose(doc, "")
			if err != nil {
				return outcome{}, err
			}
			done.changes = append(done.changes, choice.changes...)
			t.Chose = ""
		}
		var notes []string
		if len(kept) > 0 {
			notes = append(notes, "the section stays because of what was added to it: "+ui.Clean(strings.Join(kept, ", ")))
		}
		for _, s := range doc.Sections {
			if s.Name == t.reserved && s.Value(keyDefaultProfile) == e.Name && !slices.ContainsFunc(done.changes, isChoice) {
				notes = append(notes, "it is still the "+keyDefaultProfile+" in ["+t.reserved+"]; databricks auth switch chooses another")
			}
		}
		done.changes = append(done.changes, Change{Profile: e.Name, Action: Removed, Note: strings.Join(notes, "; ")})
	}
	done.data, done.diff = doc.Result(t.Path)
	return done, nil
}

// ProfileShadowed is the error of a wanted name that the shared credentials file has.
const ProfileShadowed ui.ID = "profile-shadowed"

// How to avoid a name that is taken.
const (
	otherPrefix = "choose names of your own, and write them with dbxaccess profiles sync:"
	setPrefix   = "dbxaccess config set profile_prefix dbxaccess-"
)

// refuseForeign refuses sections that have a wanted name but are not ours.
func (t Target) refuseForeign(doc *editor.Document, want []Profile) error {
	taken, err := present(doc, want, func(s *editor.Section) bool {
		_, ours := t.entry(s)
		return !ours
	})
	if err != nil || len(taken) == 0 {
		return err
	}
	return ui.Errorf("profile-taken", ui.Failed,
		"%s has %s, which dbxaccess did not write and leaves alone", ui.Clean(t.Path), strings.Join(taken, ", ")).
		With(ui.Advice("remove or rename what is there, or "+otherPrefix), ui.Command(setPrefix))
}

// refuseShadowed refuses names that the shared credentials file has, which has precedence over credential_process.
func (t Target) refuseShadowed(want []Profile) error {
	if t.credentials == "" {
		return nil
	}
	doc, err := readDocument(t.credentials, editor.Plain)
	if err != nil {
		return err
	}
	want = slices.DeleteFunc(slices.Clone(want), func(p Profile) bool { return p.Name == DefaultName }) // see withoutTaken
	shadowed, err := present(doc, want, func(*editor.Section) bool { return true })
	if err != nil || len(shadowed) == 0 {
		return explainUnsafe(t.credentials, err)
	}
	return ui.Errorf(ProfileShadowed, ui.Failed, "%s has %s; the AWS tools would use the keys there in place of dbxaccess",
		ui.Clean(t.credentials), strings.Join(shadowed, ", ")).
		With(ui.Advice("remove or rename it there; if a static key is in use, "+otherPrefix), ui.Command(setPrefix))
}

// present lists which of the wanted sections the document has, by header and line.
func present(doc *editor.Document, want []Profile, which func(*editor.Section) bool) ([]string, error) {
	var all []string
	for _, p := range want {
		s, err := doc.Find(p.Name)
		if err != nil {
			return nil, err
		}
		if s != nil && which(s) {
			all = append(all, fmt.Sprintf("%s (line %d)", doc.Header(p.Name), s.Line))
		}
	}
	return all, nil
}
