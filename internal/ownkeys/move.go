package ownkeys

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
)

// BackupDir is the directory of what was moved, in the settings'. No tool looks for keys there.
const BackupDir = "moved-keys"

// errByHand: it is not certain which lines are the keys' alone.
var errByHand = errors.New("it is not certain which lines belong to the key alone")

// Moved is what came of the keys of one file.
type Moved struct {
	File   string
	Keys   []Key
	Backup string // where they are now
	Err    error  // nothing was moved
}

// Move takes those of the keys that are Movable out of their files, into a new file in dir for each, and touches no other byte. The
// keys are in the backup before they leave their file, so that a crash in between leaves them twice and never nowhere.
func Move(keys []Key, dir string, now time.Time) []Moved {
	var all []Moved
	for _, k := range keys {
		if !k.Movable {
			continue
		}
		i := slices.IndexFunc(all, func(m Moved) bool { return m.File == k.File })
		if i < 0 {
			i = len(all)
			all = append(all, Moved{File: k.File})
		}
		all[i].Keys = append(all[i].Keys, k)
	}
	for i := range all {
		all[i].Backup, all[i].Err = moveFile(all[i].File, all[i].Keys, dir, i, now)
	}
	return all
}

func moveFile(path string, keys []Key, dir string, number int, now time.Time) (backup string, err error) {
	if err := atomicfile.MakeDirectories(dir); err != nil {
		return "", fmt.Errorf("making %s: %w", dir, err)
	}
	name := now.UTC().Format("20060102T150405.000Z") + fmt.Sprintf("-%d-%s.txt", number, strings.TrimLeft(filepath.Base(path), "."))
	backup = filepath.Join(dir, name)
	p := place{path: path, form: keys[0].form()}
	_, err = atomicfile.Update(path, 0o600, func(old []byte) ([]byte, error) {
		rest, taken := old, []string(nil)
		for _, k := range keys {
			if !slices.ContainsFunc(k.values, func(v string) bool { return bytes.Contains(rest, []byte(v)) }) {
				continue // it went with another that it is equal to
			}
			less, lines, err := p.without(rest, k.values)
			if err != nil {
				return nil, err
			}
			rest, taken = less, append(taken, "# "+k.Title+", from "+k.String()+"\n"+lines)
		}
		text := fmt.Sprintf("# Moved here by dbxaccess at %s. Delete these keys where they were issued, then this file.\n\n%s",
			now.UTC().Format(time.RFC3339), strings.Join(taken, "\n"))
		return rest, atomicfile.Write(backup, []byte(text), 0o600)
	})
	if err != nil {
		_ = os.Remove(backup) // the keys are still where they were
		return "", err
	}
	return backup, nil
}

// form is that of the place the key is in.
func (k Key) form() form {
	for _, of := range tools {
		if of.tool == k.Tool {
			return of.form
		}
	}
	return byHand
}

// without returns the content without the lines that hold one of the values, and those lines. The error says why they can't be told
// from others.
func (p place) without(content []byte, values []string) (rest []byte, taken string, err error) {
	if p.form == byHand || bytes.ContainsRune(content, 0) {
		return nil, "", errByHand
	}
	lines := slices.Collect(strings.Lines(string(content)))
	var numbers []int // from 0
	for i, line := range lines {
		if slices.ContainsFunc(values, func(v string) bool { return strings.Contains(line, v) }) {
			numbers = append(numbers, i)
		}
	}
	if len(numbers) == 0 {
		return nil, "", errByHand // it stands there in another writing
	}
	for _, i := range numbers {
		taken += strings.TrimRight(lines[i], "\r\n") + "\n"
	}
	if p.form == sections {
		rest, err = withoutProperties(content, numbers)
		return rest, taken, err
	}
	gone := map[int]bool{}
	for _, i := range numbers {
		if !p.standsAlone(lines, i) {
			return nil, "", errByHand
		}
		gone[i] = true
		if p.form == history && i > 0 && bashStamp().MatchString(lines[i-1]) {
			gone[i-1] = true // when the command ran
		}
	}
	var b strings.Builder
	for i, line := range lines {
		if !gone[i] {
			b.WriteString(line)
		}
	}
	return []byte(b.String()), taken, nil
}

// withoutProperties takes out properties of sections, and the header of a section that has nothing else. Lines are from 0.
func withoutProperties(content []byte, numbers []int) ([]byte, error) {
	for len(numbers) > 0 {
		doc, err := editor.Parse(content, editor.Plain)
		if err != nil {
			return nil, err
		}
		// From the end, so that the numbers before stay what they are.
		last := numbers[len(numbers)-1] + 1
		section := sectionAt(doc, last)
		if section == nil {
			return nil, errByHand
		}
		var keys []string
		for len(numbers) > 0 && numbers[len(numbers)-1]+1 > section.Line {
			line := numbers[len(numbers)-1] + 1
			property := slices.IndexFunc(section.Properties, func(p *editor.Property) bool { return p.Line == line })
			if property < 0 {
				return nil, errByHand // a comment, or the continuation of a value
			}
			keys = append(keys, section.Properties[property].Key)
			numbers = numbers[:len(numbers)-1]
		}
		if _, err := doc.Remove(section.Name, keys); err != nil {
			return nil, err
		}
		content, _ = doc.Result("")
	}
	return content, nil
}

var (
	// assignment is a line that sets one variable and does nothing else, in .env files and shells.
	assignment = sync.OnceValue(func() *regexp.Regexp {
		const value = `(?:"[^"$\x60\\]*"|'[^']*'|[^\s"'$\x60\\;&|]+)`
		return regexp.MustCompile(`^\s*(?:(?:export\s+)?[A-Za-z_][A-Za-z0-9_.]*\s*=\s*` + value + `|(?:setenv|set(?:\s+-[gxUlu-]+)+)\s+[A-Za-z_]\w*\s+` + value + `)\s*;?\s*(?:#.*)?$`)
	})
	bashStamp = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#\d{9,}\r?\n?$`) })
)

// standsAlone reports whether a line can go without those around it.
func (p place) standsAlone(lines []string, i int) bool {
	continues := func(n int) bool {
		return n >= 0 && strings.HasSuffix(strings.TrimRight(lines[n], "\r\n"), `\`)
	}
	if continues(i) || continues(i-1) {
		return false
	}
	return p.form == history || assignment().MatchString(strings.TrimRight(lines[i], "\r\n"))
}
