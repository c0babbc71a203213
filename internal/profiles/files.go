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
	config, err := locate(getenv, home, "AWS_CONFIG_FILE", "~/.aws/config")
	if err != nil {
		return AWSFiles{}, err
	}
	credentials, err := locate(getenv, home, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
	if err != nil {
		return AWSFiles{}, err
	}
	return AWSFiles{Config: config, Credentials: credentials}, nil
}

// DatabricksFile finds the file as the Databricks SDKs do: DATABRICKS_CONFIG_FILE, else ~/.databrickscfg. A leading ~/
// stands for home; ~name, which only the SDK for Python reads as another's home, is refused. home may be "" where the
// variable says where to look.
// https://docs.databricks.com/aws/en/dev-tools/auth/config-profiles
func DatabricksFile(getenv func(string) string, home string) (string, error) {
	return locate(getenv, home, "DATABRICKS_CONFIG_FILE", "~/.databrickscfg")
}

// locate takes the path from the variable, else the usual one.
func locate(getenv func(string) string, home, variable, usual string) (string, error) {
	path := getenv(variable)
	if path == "" {
		path = usual
	}
	if !strings.HasPrefix(path, "~") {
		return path, nil
	}
	rest, ok := strings.CutPrefix(filepath.ToSlash(path), "~/")
	if !ok {
		return "", ui.Fault(ui.Failed, "write the directory out in full",
			"%s is %q; only ~/ is understood by all tools", variable, ui.Clean(path))
	}
	if home == "" {
		return "", ui.Fault(ui.Failed, "set HOME, or set "+variable+" to a full path",
			"the home directory is not known, so neither is %s", path)
	}
	return filepath.Join(home, rest), nil
}
