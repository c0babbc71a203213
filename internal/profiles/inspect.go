package profiles

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// StaticKeys tells of a profile with an access key in the clear: where it is, never what it is.
type StaticKeys struct {
	Profile string
	Path    string // of the file
	Line    int    // of the key's id, from 1
}

// ListStaticKeys lists the profiles of the AWS tools that hold static keys, those of the shared credentials file first.
// The tools use such keys before they ask a credential_process of the same profile.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func ListStaticKeys(files AWSFiles) ([]StaticKeys, error) {
	var all []StaticKeys
	for _, file := range []struct {
		path  string
		style editor.HeaderStyle
	}{{files.Credentials, editor.Plain}, {files.Config, editor.Prefixed}} {
		doc, err := readDocument(file.path, file.style)
		if errors.Is(err, atomicfile.ErrNotRegular) {
			continue // /dev/null is how people say that there is none
		}
		if err != nil {
			return nil, err
		}
		for _, s := range doc.Sections {
			if p := s.Property("aws_access_key_id"); p != nil {
				all = append(all, StaticKeys{Profile: s.Name, Path: file.path, Line: p.Line})
			}
		}
	}
	return all, nil
}

// Exposed warns of config files that other users can write, since their lines are commands, and of those with secrets
// that they can read, one sentence each with the remedy. A file that can't be read is left out.
func Exposed(files AWSFiles, databricks string) []string {
	var warnings []string
	for _, path := range []string{files.Config, files.Credentials, databricks} {
		warnings = append(warnings, writableByOthers(path)...)
		dir := filepath.Dir(path)
		if _, write := atomicfile.OthersMay(dir); write {
			dir = ui.Clean(dir)
			warnings = append(warnings, fmt.Sprintf("other users can put files of theirs into %s: chmod go-w %s", dir, ui.Quote(dir)))
		}
		if read, _ := atomicfile.OthersMay(path); read && holdsSecrets(path) {
			path = ui.Clean(path)
			warnings = append(warnings, fmt.Sprintf("%s holds secrets and can be read by other users: chmod go-r %s", path, ui.Quote(path)))
		}
	}
	slices.Sort(warnings)
	return slices.Compact(warnings)
}

// holdsSecrets reports whether some profile of a file has a secret in the clear.
func holdsSecrets(path string) bool {
	doc, err := readDocument(path, editor.Plain)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(doc.Sections, func(s *editor.Section) bool {
		return slices.ContainsFunc(s.Properties, func(p *editor.Property) bool {
			switch p.Key {
			case "aws_secret_access_key", "aws_session_token", "token", "password", "client_secret", "azure_client_secret":
				return p.Value != ""
			}
			return false
		})
	})
}
