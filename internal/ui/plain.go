package ui

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Told says an error in our own words where it is made of what the system or a package of Go says: `open /x: no such file or
// directory` is `/x: there is no such file`. What those said is for --debug: see Raw. Go by the error's type, never by its text:
// only what a type is known to say is put in other words. Packages of the network have their own: see package httpclient.
func Told(err error) string {
	text := err.Error()
	for part := range parts(err) {
		raw := part.Error()
		if at := strings.LastIndex(text, raw); at >= 0 && raw != "" {
			if own := words(part, text[:at]); own != "" {
				text = text[:at] + own + text[at+len(raw):]
			}
		}
	}
	return text
}

// Raw is what the system or a package of Go said that Told puts in other words, cleaned; "" for nothing of the kind.
func Raw(err error) string {
	for part := range parts(err) {
		if words(part, "") != "" {
			return Cut(Clean(part.Error()), 300)
		}
	}
	return ""
}

// parts yields all errors that an error is made of, outermost first.
func parts(err error) func(yield func(error) bool) {
	return func(yield func(error) bool) { each(err, yield) }
}

func each(err error, yield func(error) bool) (goOn bool) {
	if err == nil {
		return true
	}
	if !yield(err) {
		return false
	}
	switch e := err.(type) { //nolint:errorlint // each link is looked at
	case *fs.PathError, *os.LinkError, *os.SyscallError, *strconv.NumError: // said as a whole
		return true
	case interface{ Unwrap() error }:
		return each(e.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			if !each(part, yield) {
				return false
			}
		}
	}
	return true
}

// words are ours for an error of the system or of a package of Go; "" for any other. before stands before it: a path that is named
// there is not named again.
func words(err error, before string) string {
	of := func(path string, err error) string {
		if path == "" || strings.Contains(before, path) || strings.Contains(before, Clean(path)) {
			return systemWords(err)
		}
		return path + ": " + systemWords(err)
	}
	switch e := err.(type) { //nolint:errorlint // each link is looked at by itself
	case *fs.PathError:
		return of(e.Path, e.Err)
	case *os.LinkError:
		return of(e.New, e.Err)
	case *os.SyscallError:
		return systemWords(e.Err)
	case syscall.Errno:
		if own := systemWords(e); own != e.Error() {
			return own
		}
	case *json.SyntaxError:
		return "no JSON (at byte " + strconv.FormatInt(e.Offset, 10) + ")"
	case *json.UnmarshalTypeError:
		if e.Field == "" {
			return "JSON of another form than expected"
		}
		return "JSON of another form than expected, at " + Named(Cut(e.Field, 100))
	case *strconv.NumError:
		return Named(Cut(e.Num, 100)) + " is no number that is wanted here"
	case *time.ParseError:
		return Named(Cut(e.Value, 100)) + " is no such time"
	case interface{ ExitCode() int }: // *exec.ExitError, whose package is not imported here: see package early
		if code := e.ExitCode(); code >= 0 {
			return "exit code " + strconv.Itoa(code)
		}
	}
	if err == context.DeadlineExceeded { //nolint:errorlint // it wraps nothing
		return "it took too long"
	}
	return ""
}

// systemWords are ours for what the operating system says; where it says it well, its own.
func systemWords(err error) string {
	for _, known := range []struct {
		is    error
		words string
	}{
		{fs.ErrNotExist, "there is no such file"},
		{fs.ErrPermission, "permission denied"},
		{fs.ErrExist, "it is there already"},
		{fs.ErrClosed, "it is closed already"},
		{os.ErrDeadlineExceeded, "it took too long"},
		{syscall.EISDIR, "it is a directory"},
		{syscall.ENOTDIR, "what should be a directory on the way is none"},
		{syscall.ENOSPC, "the disk is full"},
		{syscall.EROFS, "the file system is read-only"},
		{syscall.ELOOP, "its links lead round in a circle"},
		{syscall.ENAMETOOLONG, "the name is too long"},
		{syscall.EMFILE, "too many files are open"},
		{syscall.ECONNREFUSED, "nothing listens there"},
		{syscall.EPIPE, "nobody reads it any more"},
	} {
		if errors.Is(err, known.is) {
			return known.words
		}
	}
	return err.Error()
}
