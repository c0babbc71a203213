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

// wantedBackend names the keyring in use: by the environment, else as login recorded it in the settings directory; ""
// where neither says.
func wantedBackend(getenv func(string) string) string {
	if backend := getenv(backendVariable); backend != "" {
		return backend
	}
	dir := getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) { // a relative one is to be ignored, says the XDG specification
		home := getenv("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	return recordedBackend(filepath.Join(dir, "dbxaccess", "keyring.json"))
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
