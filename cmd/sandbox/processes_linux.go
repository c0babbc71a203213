package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// processesOf lists the processes that were started in the scratch home, by the environment they were given. Such a one
// may have closed the pipes by which the demo would notice it.
func processesOf(root string) []string {
	paths, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil
	}
	var found []string
	for _, path := range paths {
		// Other people's processes can't be read, and can't be ours.
		environ, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(environ, []byte("="+root)) {
			continue
		}
		pid := filepath.Base(filepath.Dir(path))
		if pid != strconv.Itoa(os.Getpid()) {
			found = append(found, "process "+pid)
		}
	}
	return found
}
