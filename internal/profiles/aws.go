package profiles

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
)

const (
	keyProcess = "credential_process"
	keyRegion  = "region"
)

// AWS is the config file of the AWS tools, found as they find it: AWS_CONFIG_FILE and, for the shared credentials,
// AWS_SHARED_CREDENTIALS_FILE, else the directory .aws in home. A leading ~/ is home; ~name is refused. home may be ""
// if both variables are set.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
func AWS(getenv func(string) string, home string) (Target, error) {
	config, err := locate(getenv, home, "AWS_CONFIG_FILE", "~/.aws/config")
	if err != nil {
		return Target{}, err
	}
	credentials, err := locate(getenv, home, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
	if err != nil {
		return Target{}, err
	}
	return Target{
		For: ForAWS, Path: config, credentials: credentials,
		style: editor.Prefixed, // https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
		keys:  []string{keyProcess, keyRegion},
		noBOM: "the AWS CLI",
		awkward: awkward{
			id: "helper-path-quoted", what: "needs quotes", who: "the AWS SDK for Go on Windows",
			// https://github.com/aws/aws-sdk-go-v2/issues/3208
			is: func(h Helper) bool { return h.windows && h.needsQuotes(h.Path) },
		},
		foreign: []foreign{{
			// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
			id:     "profile-outranked",
			keys:   []string{"aws_access_key_id", "role_arn", "web_identity_token_file", "sso_session", "sso_start_url"},
			effect: "is used before credential_process",
		}},
		validate: validateAWS,
		program:  Helper.word,
		settings: func(program string, p Profile) []editor.Setting {
			return []editor.Setting{
				{Key: keyProcess, Value: ownLine(program, p.Role, p.Identity)}, {Key: keyRegion, Value: p.Region, Keep: p.KeepRegion},
			}
		},
		entry: awsEntry,
	}, nil
}

// validateAWS refuses what means something to a shell or to a config file, whatever was checked before: a
// credential_process line is code, and a header ends at a bracket.
func validateAWS(p Profile) error {
	for _, check := range []error{
		validateProfileName(p.Name),
		validateName("role", p.Role, "._-", 63),
		validateName("identity", p.Identity, "._-", 63),
	} {
		if check != nil {
			return check
		}
	}
	if p.Region == "" {
		return nil
	}
	return validateName("region", p.Region, "-", 63)
}

// awsEntry reads a section, which is ours if its command is.
func awsEntry(s *editor.Section) (Entry, bool) {
	own, ok := parseOwn(s.Value(keyProcess))
	named := Profile{Name: s.Name, Role: own.role, Identity: own.identity}
	e := Entry{Profile: named, Helper: own.helper}
	e.Written = own.plain && (s.Name == DefaultName || strings.Contains(s.Name, own.role)) && validateAWS(named) == nil
	e.Region = s.Value(keyRegion)
	return e, ok
}
