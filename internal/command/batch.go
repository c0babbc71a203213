package command

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// ErrBatch is that of a batch file with a path or an argument which can't be handed to it as it is.
var ErrBatch = errors.New("cmd.exe would read as its own")

// isBatch reports whether Windows runs a file through cmd.exe. It ignores spaces and dots at the end of a name, and the
// case.
func isBatch(path string) bool {
	switch strings.ToLower(filepath.Ext(strings.TrimRight(path, " ."))) {
	case ".bat", ".cmd":
		return true
	}
	return false
}

// batchLine is the command line by which cmd.exe, found at shell, runs a batch file. Windows' usual quoting, which Go
// does, is not that of cmd.exe: an argument could end its quotes and begin a command of its own (CVE-2024-24576). Between
// quotes cmd.exe minds % and the next quote alone. Neither has a spelling that it and the batch file's program read
// alike, so that they are refused, as are control characters.
func batchLine(shell, script string, args []string) (string, error) {
	var line strings.Builder
	// /d: no AutoRun; /e:on, /v:off: as is usual, whatever the registry says; /s: the outermost quotes go, the others stay.
	fmt.Fprintf(&line, `"%s" /d /e:on /v:off /s /c "`, shell)
	for i, word := range append([]string{script}, args...) {
		if at := strings.IndexFunc(word, func(r rune) bool { return r == '"' || r == '%' || r < ' ' || r == 0x7f }); at >= 0 {
			what := "its path"
			if i > 0 {
				what = fmt.Sprintf("argument %d", i)
			}
			return "", fmt.Errorf("it is a batch file, and %s holds %q, which %w", what, word[at], ErrBatch)
		}
		if i > 0 {
			line.WriteByte(' ')
		}
		// The program that the batch file passes it to reads backslashes before a quote as half of them.
		ending := word[len(strings.TrimRight(word, `\`)):]
		line.WriteString(`"` + word + ending + `"`)
	}
	line.WriteByte('"')
	return line.String(), nil
}
