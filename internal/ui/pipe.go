package ui

import "os"

// pipe is one of our streams. What is written to a pipe that nobody reads any more is dropped: someone who piped an answer
// into head has seen enough of it, and what the command was asked to do must be done in full all the same. It takes a
// process that SIGPIPE does not end, see cli.Main.
type pipe struct{ file *os.File }

func (p pipe) Write(data []byte) (int, error) {
	n, err := p.file.Write(data)
	if err != nil && readerGone(err) {
		return len(data), nil
	}
	return n, err
}
