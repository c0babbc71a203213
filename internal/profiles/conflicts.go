package profiles

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// otherPrefix mends a taken name without touching what is there.
const otherPrefix = "choose names of your own: DBXACCESS_PROFILE_PREFIX=dbxaccess- dbxaccess login\n" +
	"(the setting profile_prefix keeps the choice)"

// refuseForeign refuses sections that have a wanted name but don't run dbxaccess.
func (s *awsSync) refuseForeign(doc *document) error {
	var taken []string
	for _, p := range s.want {
		section, err := doc.find(p.Name)
		if err != nil {
			return err
		}
		if section == nil {
			continue
		}
		if _, ours := ownSection(section); !ours {
			taken = append(taken, fmt.Sprintf("%s (line %d)", doc.dialect.header(p.Name), section.header+1))
		}
	}
	if len(taken) == 0 {
		return nil
	}
	return ui.Fault(ui.Failed, otherPrefix+", or remove or rename what is there",
		"%s has %s, which dbxaccess did not write and leaves alone", ui.Clean(s.files.Config), strings.Join(taken, ", "))
}

// refuseShadowed refuses names that the shared credentials file has: what is there wins over credential_process.
func (s *awsSync) refuseShadowed() error {
	data, err := atomicfile.Read(s.files.Credentials)
	if errors.Is(err, atomicfile.ErrNotRegular) {
		return nil // /dev/null is how people say that there is none
	}
	if err != nil {
		return err
	}
	doc, err := parse(data, plainHeaders)
	if err != nil {
		return explainUnsafe(s.files.Credentials, err)
	}
	var shadowed []string
	for _, p := range s.want {
		section, err := doc.find(p.Name)
		if err != nil {
			return explainUnsafe(s.files.Credentials, err)
		}
		if section != nil {
			shadowed = append(shadowed, fmt.Sprintf("%s (line %d)", doc.dialect.header(p.Name), section.header+1))
		}
	}
	if len(shadowed) == 0 {
		return nil
	}
	return ui.Fault(ui.Failed, "remove or rename it there; if a static key is in use, "+otherPrefix,
		"%s has %s; the AWS tools would use the keys there in place of dbxaccess",
		ui.Clean(s.files.Credentials), strings.Join(shadowed, ", "))
}

// outranked warns of settings in one of our sections that the AWS CLI or an SDK asks before credential_process.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func outranked(doc *document, name string) []string {
	section, err := doc.find(name)
	if err != nil || section == nil {
		return nil
	}
	var warnings []string
	for _, key := range []string{"aws_access_key_id", "role_arn", "web_identity_token_file", "sso_session", "sso_start_url"} {
		if p := section.property(key); p != nil {
			warnings = append(warnings, fmt.Sprintf("%s in the profile %s (line %d) is used before credential_process; take it out",
				key, name, p.line+1))
		}
	}
	return warnings
}
