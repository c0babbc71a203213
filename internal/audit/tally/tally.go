// Package tally counts how often a cached credential was served, for a few microseconds each.
//
// In come a directory and the name of what is served; out come 16 bytes at the end of a file of that name, and later the counts for
// whoever writes the record. A file begins with what its servings have in common, as the record wants it told, and how many of them
// were told already. The package must never make a file where it is asked to count, so that what nobody has described is not counted,
// and never wait: not for a lock, a keyring or a pipe in the place of a file. It is of the packages that a warm answer is made of.
package tally

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Folder is where the files are, below the settings directory.
var Folder = filepath.Join("audit", "served")

const (
	// A file begins with a number of toldSize hex digits, how many were told, a space, and a line of text.
	toldSize = 16
	// Each serving is entrySize bytes: when (nanoseconds since 1970), the process, and the mark.
	entrySize = 16
	mark      = "srv1"

	maxCommon = 64 << 10
	maxFile   = 16 << 20 // a million servings of one credential, which lives for twelve hours
)

// Served is what tells one tally from another: the credential, and who is served with it as what.
type Served struct {
	Identity, Role, Agent, Run string
	AccessKeyID                string    // of AWS credentials
	Host                       string    // of a workspace token; "" for AWS credentials, whose id is theirs alone
	Expires                    time.Time // of the credential
}

// Name is that of the file.
func (s Served) Name() string {
	sum := secret.Digest("served", s.Identity, s.Role, s.Agent, s.Run, s.AccessKeyID, s.Host, strconv.FormatInt(s.Expires.UnixNano(), 16))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}

// Add counts one serving. An error means that it is not counted: fs.ErrNotExist where nobody has begun the file.
func Add(dir, name string, now time.Time, pid int) error {
	var entry [entrySize]byte
	binary.BigEndian.PutUint64(entry[:], uint64(now.UnixNano()))
	binary.BigEndian.PutUint32(entry[8:], uint32(pid)) //nolint:gosec // read back the same way
	copy(entry[12:], mark)
	return appendEntry(filepath.Join(dir, name), entry)
}

// Begin makes the file of a name, which must not be there yet: fs.ErrExist otherwise. common is one line without its end.
func Begin(dir, name string, common []byte) error {
	if len(common) > maxCommon || bytes.ContainsRune(common, '\n') {
		return fmt.Errorf("what servings have in common has %d bytes", len(common))
	}
	// Written beside it and linked, so that nobody counts in one that is half there.
	file, err := os.CreateTemp(dir, ".begun-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = fmt.Fprintf(file, "%0*x %s\n", toldSize, 0, common)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Link(file.Name(), filepath.Join(dir, name))
}

// Count is what a file holds.
type Count struct {
	Common      []byte
	Untold      int
	First       int       // the number of the first that is not told, from 1
	Since, Last time.Time // of those that are not told

	path string
	all  int
}

// Read counts what is in a file. What is no entry, as one that a full disk broke off, is read over. One that holds
// less than was told of it was shortened, which is an error.
func Read(dir, name string) (Count, error) {
	c := Count{path: filepath.Join(dir, name)}
	data, _, err := localfile.Read(c.path, maxFile)
	if err != nil {
		return c, err
	}
	rest, told, err := c.begin(data)
	if err != nil {
		return c, err
	}
	return c, c.count(rest, told)
}

// ReadNew is Read for who writes the record each time, of many files of which most are told: it reads what is behind the last entry that
// was told, and so costs what is new. That the entries before are whole, Read alone says.
func ReadNew(dir, name string) (Count, error) {
	c := Count{path: filepath.Join(dir, name)}
	file, err := os.OpenFile(c.path, os.O_RDONLY|withoutWaiting, 0)
	if err != nil {
		return c, err
	}
	defer func() { _ = file.Close() }()
	first := make([]byte, 2<<10)
	n, err := file.ReadAt(first, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return c, err
	}
	rest, told, err := c.begin(first[:n])
	if err != nil || told == 0 || told > maxFile/entrySize {
		return Read(dir, name) // what it is, or that it is nothing
	}
	info, err := file.Stat()
	if err != nil {
		return c, err
	}
	// The mark of the last that was told is where it would be if all before it were whole.
	at := int64(n-len(rest)) + int64(told)*entrySize
	var last [len(mark)]byte
	if _, err := file.ReadAt(last[:], at-int64(len(mark))); err != nil || string(last[:]) != mark || info.Size()-at > maxFile {
		return Read(dir, name)
	}
	behind := make([]byte, info.Size()-at)
	if _, err := io.ReadFull(io.NewSectionReader(file, at, int64(len(behind))), behind); err != nil {
		return c, err
	}
	c.all = int(told)
	return c, c.count(behind, told)
}

// begin reads how a file begins, and returns what is behind that and how many entries of it are told.
func (c *Count) begin(data []byte) (rest []byte, told uint64, err error) {
	head, rest, whole := bytes.Cut(data, []byte("\n"))
	number, common, described := bytes.Cut(head, []byte(" "))
	told, err = strconv.ParseUint(string(number), 16, 62)
	if !whole || !described || len(number) != toldSize || err != nil {
		return nil, 0, errors.New("it is no tally")
	}
	c.Common = common
	return rest, told, nil
}

// count counts entries, behind those that are counted.
func (c *Count) count(rest []byte, told uint64) error {
	for len(rest) >= entrySize {
		if string(rest[12:entrySize]) != mark {
			rest = rest[1:]
			continue
		}
		c.all++
		if uint64(c.all) > told { //nolint:gosec // a count
			at := time.Unix(0, int64(binary.BigEndian.Uint64(rest))).UTC() //nolint:gosec // see Add
			if c.Untold == 0 {
				c.First = c.all
			}
			if c.Untold == 0 || at.Before(c.Since) {
				c.Since = at
			}
			if c.Untold == 0 || at.After(c.Last) {
				c.Last = at
			}
			c.Untold++
		}
		rest = rest[entrySize:]
	}
	if uint64(c.all) < told { //nolint:gosec // a count
		return fmt.Errorf("%d servings were told of it, and %d are left", told, c.all)
	}
	return nil
}

// Told notes that all of a count is told. Those who tell exclude one another.
func (c Count) Told() error {
	file, err := os.OpenFile(c.path, os.O_WRONLY|withoutWaiting, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(fmt.Appendf(nil, "%0*x", toldSize, c.all), 0)
	return errors.Join(err, file.Close())
}

// Remove ends a tally: of a credential that is served no more, and all of which is told.
func (c Count) Remove() error { return os.Remove(c.path) }

// Names lists the tallies of a directory.
func Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
