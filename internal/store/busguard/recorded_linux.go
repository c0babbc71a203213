package busguard

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// maxRecord bounds what is read of the recorded choice, in bytes.
const maxRecord = 4 << 10

// wantedBackend names the keyring in use: as login recorded it in the settings directory, else by the environment; ""
// where neither says. That is the order in which the commands decide.
func wantedBackend(getenv func(string) string) string {
	if recorded := recordedBackend(recordPath(getenv)); recorded != "" {
		return recorded
	}
	return getenv(backendVariable)
}

// recordPath is where login records its choice; "" without a home.
func recordPath(getenv func(string) string) string {
	dir := getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) { // a relative one is to be ignored, says the XDG specification
		home := getenv("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "dbxaccess", "keyring.json")
}

func recordedBackend(path string) string {
	// Without O_NONBLOCK a named pipe in its place would hang the program.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxRecord))
	if err != nil {
		return ""
	}
	var record struct {
		Backend string `json:"backend"`
	}
	if json.Unmarshal(data, &record) != nil {
		return ""
	}
	return record.Backend
}
