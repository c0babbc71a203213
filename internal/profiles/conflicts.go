package profiles

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// otherPrefix mends a taken name without touching what is there.
const otherPrefix = "choose names of your own: DBXACCESS_PROFILE_PREFIX=dbxaccess- dbxaccess login\n" +
	"(the setting profile_prefix keeps the choice)"

// refuseForeign refuses sections that have a wanted name but are not ours.
func refuseForeign(path string, doc *editor.Document, names []string, ours func(*editor.Section) bool) error {
	taken, err := present(doc, names, func(s *editor.Section) bool { return !ours(s) })
	if err != nil || len(taken) == 0 {
		return err
	}
	return ui.Fault(ui.Failed, otherPrefix+", or remove or rename what is there",
		"%s has %s, which dbxaccess did not write and leaves alone", ui.Clean(path), strings.Join(taken, ", "))
}

// present tells which of these sections the document has, as a person finds them: header and line.
func present(doc *editor.Document, names []string, which func(*editor.Section) bool) ([]string, error) {
	var all []string
	for _, name := range names {
		s, err := doc.Find(name)
		if err != nil {
			return nil, err
		}
		if s != nil && which(s) {
			all = append(all, fmt.Sprintf("%s (line %d)", doc.Header(name), s.Line))
		}
	}
	return all, nil
}

// refuseShadowed refuses names that the shared credentials file has: what is there wins over credential_process.
func (s *awsSync) refuseShadowed() error {
	doc, err := readDocument(s.files.Credentials, editor.Plain)
	if errors.Is(err, atomicfile.ErrNotRegular) {
		return nil // /dev/null is how people say that there is none
	}
	if err != nil {
		return err
	}
	shadowed, err := present(doc, s.names(), func(*editor.Section) bool { return true })
	if err != nil || len(shadowed) == 0 {
		return explainUnsafe(s.files.Credentials, err)
	}
	return ui.Fault(ui.Failed, "remove or rename it there; if a static key is in use, "+otherPrefix,
		"%s has %s; the AWS tools would use the keys there in place of dbxaccess",
		ui.Clean(s.files.Credentials), strings.Join(shadowed, ", "))
}

// outranked warns of settings in one of our sections that the AWS CLI or an SDK asks before credential_process.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func outranked(doc *editor.Document, name string) []ui.Warning {
	section, err := doc.Find(name)
	if err != nil || section == nil {
		return nil
	}
	var warnings []ui.Warning
	for _, key := range []string{"aws_access_key_id", "role_arn", "web_identity_token_file", "sso_session", "sso_start_url"} {
		if p := section.Property(key); p != nil {
			warnings = append(warnings, added("profile-outranked", section, p, "is used before credential_process"))
		}
	}
	return warnings
}

// added warns of a setting that a person added to one of our sections.
func added(id ui.ID, s *editor.Section, p *editor.Property, effect string) ui.Warning {
	return ui.Warning{
		ID: id, What: fmt.Sprintf("%s in the profile %s (line %d) %s", p.Key, s.Name, p.Line, effect), Fix: ui.Advice("take it out"),
	}
}
