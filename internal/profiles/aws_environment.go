package profiles

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// AWSEnvironment warns of the variables that keep the AWS tools from the entries of dbxaccess, each the Subject of one
// warning. Keys are never shown. ours tells of a profile's name whether it is such an entry.
//
// Keys in the environment are used wherever no profile is named on the command line or in the code, even if AWS_PROFILE
// names one.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func AWSEnvironment(getenv func(string) string, ours func(profile string) bool) []ui.Warning {
	var warnings []ui.Warning
	if getenv("AWS_ACCESS_KEY_ID") != "" && getenv("AWS_SECRET_ACCESS_KEY") != "" {
		warnings = append(warnings, isSet("env-aws-key", "AWS_ACCESS_KEY_ID",
			"its key is used in place of AWS_PROFILE and of the default profile", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
	}
	if getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "" && getenv("AWS_ROLE_ARN") != "" {
		warnings = append(warnings, isSet("env-aws-web-identity", "AWS_WEB_IDENTITY_TOKEN_FILE",
			"its role is taken in place of AWS_PROFILE and of the default profile", "AWS_ROLE_ARN"))
	}
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if name := getenv(variable); name != "" && !ours(name) {
			warnings = append(warnings, isSet("env-aws-profile", variable,
				"names "+ui.Clean(name)+", which is no entry of dbxaccess, where a program names no profile"))
		}
	}
	return warnings
}

// isSet warns of a variable, which is unset together with others that go with it.
func isSet(id ui.ID, variable, effect string, others ...string) ui.Warning {
	return ui.Warning{
		ID: id, Subject: variable, What: "is set and " + effect,
		Fix: ui.Command(strings.Join(append([]string{"unset", variable}, others...), " ")),
	}
}
