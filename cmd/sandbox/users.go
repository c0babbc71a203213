package main

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// usersName is a file of the scratch home with a line for each shell that read the environment: its process.
const usersName = "users"

// users are the shells in which the sandbox's environment still is. Their own environment doesn't tell, which is that of their start.
func (h *home) users() ([]string, error) {
	text, _, err := localfile.Read(h.in(usersName), 64<<10)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var alive []string
	for field := range strings.FieldsSeq(string(text)) {
		pid, err := strconv.Atoi(field)
		if err != nil || pid <= 0 {
			continue
		}
		if _, err := beside.Began(pid); err == nil && !slices.Contains(alive, field) {
			alive = append(alive, field)
		}
	}
	return alive, nil
}
