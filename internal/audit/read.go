package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The files of a record are told by a number, from 1, of six digits at least.
const filePrefix, fileSuffix = "record-", ".jsonl"

// Damage is a line that is no record.
type Damage struct {
	File   string
	Number int  // of the line, from 1
	Torn   bool // it is the last and has no end: writing it was broken off, and what it would have told of did not happen
	Err    error
}

func (d *Damage) Error() string {
	if d.Torn {
		return fmt.Sprintf("%s, line %d: writing it was broken off", d.File, d.Number)
	}
	return fmt.Sprintf("%s, line %d: %v", d.File, d.Number, d.Err)
}

func (d *Damage) Unwrap() error { return d.Err }

// fileName is the name of the file of a number.
func fileName(number int) string { return fmt.Sprintf("%s%06d%s", filePrefix, number, fileSuffix) }

// FileNumber is the number of a record's file, by its path; 0 for other files.
func FileNumber(path string) int { return fileNumber(filepath.Base(path)) }

// fileNumber is the number of a file of a name; 0 for other names.
func fileNumber(name string) int {
	digits, ok := strings.CutPrefix(name, filePrefix)
	digits, suffixed := strings.CutSuffix(digits, fileSuffix)
	number, err := strconv.Atoi(digits)
	if !ok || !suffixed || err != nil || number < 1 || fileName(number) != name {
		return 0
	}
	return number
}

// NextFile is the path of the file behind those that Files has listed.
func NextFile(dir string, paths []string) string {
	number := 1
	if len(paths) > 0 {
		number += fileNumber(filepath.Base(paths[len(paths)-1]))
	}
	return filepath.Join(dir, fileName(number))
}

// Files lists the paths of a record's files in the order in which they were written; none where there is no record.
func Files(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the record: %w", err)
	}
	var numbers []int
	for _, entry := range entries {
		if number := fileNumber(entry.Name()); number > 0 && entry.Type().IsRegular() {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	var paths []string
	for _, number := range numbers {
		paths = append(paths, filepath.Join(dir, fileName(number)))
	}
	return paths, nil
}

// ReadDir yields the entries of a record's directory in the order in which they were written: see Read. A file that can't be
// read ends it.
func ReadDir(dir string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		paths, err := Files(dir)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		ReadFiles(paths)(yield)
	}
}

// ReadFiles yields the entries of files, one after the other: see ReadDir.
func ReadFiles(paths []string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, path := range paths {
			for entry, err := range ReadFile(path) {
				if !yield(entry, err) {
					return
				}
				if _, damaged := errors.AsType[*Damage](err); err != nil && !damaged {
					return
				}
			}
		}
	}
}

// ReadFile yields the entries of one file, which is unpacked where its name ends in .jsonl.gz: see Read.
func ReadFile(path string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(Entry{}, fmt.Errorf("reading the record: %w", err))
			return
		}
		defer func() { _ = file.Close() }()
		lines, err := unpacked(file)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		Read(lines, path)(yield)
	}
}

// Read yields the entries of a stream of lines; name is what it is called in errors. A line that is no record is a *Damage, and
// reading goes on behind it; any other error is the last. Each entry has its own memory.
func Read(r io.Reader, name string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		lines := bufio.NewReaderSize(r, 64<<10)
		for number := 1; ; number++ {
			line, whole, err := readLine(lines)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Entry{}, fmt.Errorf("reading %s: %w", name, err))
				return
			}
			if len(line) == 0 && !whole {
				return
			}
			entry, broken := Decode(line)
			entry.File, entry.Number = name, number
			if broken != nil || !whole { // without its line feed nobody knows that it was written to the end
				if !yield(entry, &Damage{File: name, Number: number, Torn: !whole, Err: broken}) {
					return
				}
			} else if !yield(entry, nil) {
				return
			}
		}
	}
}

// FindHead returns the number of the line in a file that is a head's; 0 where none is. Lines without its hash are not taken apart:
// files are large, and few lines are looked for.
func FindHead(path string, head Head) (number int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("reading the record: %w", err)
	}
	defer func() { _ = file.Close() }()
	lines, named := bufio.NewReaderSize(file, 64<<10), []byte(hashName+head.Hash)
	for number := 1; ; number++ {
		line, whole, err := readLine(lines)
		if errors.Is(err, io.EOF) || !whole && err == nil {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("reading %s: %w", path, err)
		}
		if bytes.Contains(line, named) {
			if e, err := Decode(line); err == nil && e.Head() == head {
				return number, nil
			}
		}
	}
}

// readLine returns the next line; whole if it had a line feed. Of one that is too long for a record only the beginning is kept.
func readLine(r *bufio.Reader) (line []byte, whole bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if room := MaxLine + 1 - len(line); room > 0 {
			line = append(line, part[:min(len(part), room)]...)
		}
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), true, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, false, err
		}
	}
}
