package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// processesOf lists the processes that were started in the scratch home, by the environment they were given or, as
// dbxaccess shows none, by their command line. Such a one may have closed the pipes by which the demo would notice it.
func processesOf(root string) []string {
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return nil
	}
	var found []string
	for _, path := range paths {
		// What can't be read is another person's, or over.
		line, _ := os.ReadFile(path)
		environ, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "environ"))
		if !bytes.Contains(line, []byte(root)) && !bytes.Contains(environ, []byte("="+root)) {
			continue
		}
		pid := filepath.Base(filepath.Dir(path))
		if pid != strconv.Itoa(os.Getpid()) {
			found = append(found, "process "+pid)
		}
	}
	return found
}
