package secret

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// MaxFile bounds a file with a secret, in bytes: the largest useful token is a third of it.
const MaxFile = 64 << 10

// ReadFile reads a secret from a regular file, without the white space around it; symbolic links are followed, as
// Kubernetes needs it. A longer file is refused rather than cut, also if it grows meanwhile. Errors are those of
// localfile.Read.
func ReadFile(path string) (String, error) {
	data, _, err := localfile.Read(path, MaxFile)
	if err != nil {
		return String{}, err
	}
	return New(strings.TrimSpace(string(data))), nil
}
