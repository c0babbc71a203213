package profiles

import (
	"path/filepath"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// AWSFiles are the two files that the AWS tools read.
type AWSFiles struct {
	Config      string // ~/.aws/config
	Credentials string // ~/.aws/credentials; only looked at, never written
}

// AWSFilesFrom finds the files as the AWS tools do: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else the directory
// .aws in home. A leading ~/ stands for home; ~name is refused. home may be "" where both variables say where to look.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
func AWSFilesFrom(getenv func(string) string, home string) (AWSFiles, error) {
	var files AWSFiles
	for _, f := range []struct {
		into           *string
		variable, base string
	}{
		{&files.Config, "AWS_CONFIG_FILE", "config"},
		{&files.Credentials, "AWS_SHARED_CREDENTIALS_FILE", "credentials"},
	} {
		path := getenv(f.variable)
		if path == "" {
			path = "~/.aws/" + f.base
		}
		if strings.HasPrefix(path, "~") {
			rest, ok := strings.CutPrefix(filepath.ToSlash(path), "~/")
			if !ok {
				return AWSFiles{}, ui.Fault(ui.Failed, "write the directory out in full",
					"%s is %q; only ~/ is understood by all tools", f.variable, ui.Clean(path))
			}
			if home == "" {
				return AWSFiles{}, ui.Fault(ui.Failed, "set HOME, or set "+f.variable+" to a full path",
					"the home directory is not known, so neither is %s", path)
			}
			path = filepath.Join(home, rest)
		}
		*f.into = path
	}
	return files, nil
}
