package profiles

import "github.com/dbxaccess/dbxaccess/internal/ui"

// AWSEnvironment warns of the variables that keep the AWS tools from the entries of dbxaccess, one sentence each, which
// begins with the variable and ends with the remedy. Keys are never shown. ours tells of a profile's name whether it is
// such an entry.
//
// Keys in the environment are used wherever no profile is named on the command line or in the code, even if AWS_PROFILE
// names one.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func AWSEnvironment(getenv func(string) string, ours func(profile string) bool) []string {
	var warnings []string
	warn := func(variable, why, remedy string) {
		warnings = append(warnings, variable+" is set and "+why+": "+remedy)
	}
	if getenv("AWS_ACCESS_KEY_ID") != "" && getenv("AWS_SECRET_ACCESS_KEY") != "" {
		warn("AWS_ACCESS_KEY_ID", "its key is used in place of AWS_PROFILE and of the default profile",
			"unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN")
	}
	if getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "" && getenv("AWS_ROLE_ARN") != "" {
		warn("AWS_WEB_IDENTITY_TOKEN_FILE", "its role is taken in place of AWS_PROFILE and of the default profile",
			"unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN")
	}
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if name := getenv(variable); name != "" && !ours(name) {
			warn(variable, "names "+ui.Clean(name)+", which is no entry of dbxaccess, where a program names no profile", "unset "+variable)
		}
	}
	return warnings
}
