package profiles

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// StaticKeys is where a profile has an access key in the clear; never the key.
type StaticKeys struct {
	Profile string
	Path    string // of the file
	Line    int    // of the key's id, from 1
}

// StaticKeys lists the profiles of the AWS tools that have static keys, those of the shared credentials file first. The
// tools use such keys before the credential_process of the same profile.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func (t Target) StaticKeys() ([]StaticKeys, error) {
	var all []StaticKeys
	for _, file := range []struct {
		path  string
		style editor.HeaderStyle
	}{{t.credentials, editor.Plain}, {t.Path, t.style}} {
		doc, err := readDocument(file.path, file.style)
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

// Exposures warns of config files that other users can write, since their lines are commands, and of those with secrets
// that they can read. It skips files that can't be read.
func Exposures(targets ...Target) []ui.Warning {
	var paths []string
	for _, t := range targets {
		if paths = append(paths, t.Path); t.credentials != "" {
			paths = append(paths, t.credentials)
		}
	}
	var warnings []ui.Warning
	for _, path := range paths {
		warnings = append(warnings, writableByOthers(path)...)
		dir := filepath.Dir(path)
		if _, write := localfile.OthersMay(dir); write {
			warnings = append(warnings, ui.Warning{
				ID: "config-directory-writable", What: "other users can put files into " + dir,
				Fix: localfile.Close(dir, "go-w"),
			})
		}
		if read, _ := localfile.OthersMay(path); read && holdsSecrets(path) {
			warnings = append(warnings, ui.Warning{
				ID: "config-file-readable", What: path + " holds secrets and can be read by other users",
				Fix: localfile.Close(path, "go-r"),
			})
		}
	}
	slices.SortFunc(warnings, func(a, b ui.Warning) int { return strings.Compare(a.What, b.What) })
	return slices.CompactFunc(warnings, func(a, b ui.Warning) bool { return a.What == b.What }) // two files may share a directory
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

// writableByOthers warns of an existing file that other users can write.
func writableByOthers(path string) []ui.Warning {
	if _, write := localfile.OthersMay(path); !write {
		return nil
	}
	return []ui.Warning{{
		ID:   "config-file-writable",
		What: path + " can be written by other users, and its lines are commands that run as you",
		Fix:  localfile.Close(path, "go-w"),
	}}
}
