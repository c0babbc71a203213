// Package ownkeys finds the static keys that lie in the places where tools keep them for one person on this machine, and moves them out of
// those tools' way.
//
// In come the environment, the home and the working directory; out come keys, each with its place, the tool that uses it and what is known
// of it without asking anybody. Move takes keys out of the files in which it is certain which lines are theirs, into a file of our own that
// no tool reads, and touches no other byte. It asks no network, and never prints a key. Files are other people's: they are bounded, and
// what is not looked at is told.
package ownkeys

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxFile bounds a file, in bytes: histories and notebooks of settings are far below.
const maxFile = 8 << 20

// Machine is where to look.
type Machine struct {
	Getenv  func(name string) string
	Environ []string // NAME=value
	Home    string
	Dir     string   // the working directory, whose tree is looked through
	Configs []string // of the AWS and the Databricks tools, as profiles finds them
}

// Key is a key at a place. Its texts are clean.
type Key struct {
	statickeys.Rule
	Place
	Lesser   bool          // it ends by itself, or may be none
	Tail     string        // its last characters, or ""
	Account  string        // of an AWS access key, as its id tells: twelve digits, or ""
	Host     string        // where a Databricks token is used, as it stands beside it; or ""
	AccessID secret.String // of AWS: the id, where id and secret were found together
	Secret   secret.String // zero where only an id was found
	Movable  bool          // Move can take it out

	values []string // as they stand in the file
}

// Place is where a key stands.
type Place struct {
	Tool     string // whose place it is
	File     string // links not followed; "" for a variable
	Variable string // of the environment
	Section  string // of a file with sections
	Line     int    // from 1
	Cell     int
}

// String is the place as a person finds it.
func (p Place) String() string {
	switch {
	case p.Variable != "":
		return p.Variable
	case p.Cell > 0:
		return fmt.Sprintf("%s, cell %d, line %d", ui.Clean(p.File), p.Cell, p.Line)
	}
	return fmt.Sprintf("%s:%d", ui.Clean(p.File), p.Line)
}

// OfAWS reports whether it is an access key of AWS, or a half of one.
func (k Key) OfAWS() bool {
	return slices.Contains([]string{"aws-access-key-id", "aws-secret-access-key", "aws-temporary-key"}, k.ID)
}

// OfDatabricks reports whether it is a token or an OAuth secret of Databricks.
func (k Key) OfDatabricks() bool { return strings.HasPrefix(k.ID, "databricks-") }

// IsToken reports whether it is a token of a workspace, which is used as it is.
func (k Key) IsToken() bool { return k.ID == "databricks-token" }

// OfHistory reports whether it stands in a command that a shell keeps.
func (k Key) OfHistory() bool { return k.Tool == historyTool }

// Unread is a file or a directory that was not looked through, or only in part.
type Unread struct {
	Path, Why string
}

// Found is all that was found.
type Found struct {
	Keys   []Key
	Caches []Cache
	Unread []Unread
	Files  int // that were looked through
}

// Look looks through all places.
func (m Machine) Look() *Found {
	f := &Found{}
	f.environment(m)
	seen := map[string]bool{}
	for _, p := range m.places(f) {
		target, err := filepath.EvalSymlinks(p.path)
		if err != nil {
			target = filepath.Clean(p.path)
		}
		if seen[target] || localfile.IsNull(p.path) {
			continue
		}
		seen[target] = true
		content, _, err := localfile.Read(p.path, maxFile)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, localfile.ErrNotRegular) && !p.named:
		case err != nil:
			f.Unread = append(f.Unread, Unread{p.path, err.Error()})
		default:
			f.Files++
			f.Keys = append(f.Keys, p.keys(content, f)...)
		}
	}
	f.caches(m)
	return f
}

// environment looks through the variables, each as a setting of that name.
func (f *Found) environment(m Machine) {
	var keys []Key
	var s statickeys.Scanner
	for _, variable := range slices.Sorted(slices.Values(m.Environ)) {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "DBXACCESS_") || name == "PWD" || name == "OLDPWD" {
			continue // ours, as the passphrase of CI and tokens of sinks in jobs; and the shell's directories, by no means passwords
		}
		s.Value(name, value, func(found statickeys.Finding) {
			keys = append(keys, keyOf(found, Place{Tool: "the environment", Variable: ui.Clean(name)}))
		})
	}
	keys = paired(keys, func(Place, Place) bool { return true })
	for i := range keys {
		// What the environment holds beside a session token ends by itself, as `dbxaccess env` sets it.
		if m.Getenv("AWS_SESSION_TOKEN") != "" && keys[i].Variable == "AWS_SECRET_ACCESS_KEY" {
			keys[i].Lesser = true
		}
		keys[i].host(m.Getenv("DATABRICKS_HOST"))
	}
	f.Keys = append(f.Keys, keys...)
}

func ruleOf(id string) statickeys.Rule {
	for _, rule := range statickeys.Rules() {
		if rule.ID == id {
			return rule
		}
	}
	return statickeys.Rule{ID: id, Title: id}
}

func keyOf(found statickeys.Finding, at Place) Key {
	k := Key{Rule: ruleOf(found.Rule), Place: at, Lesser: found.Lesser, Tail: found.Tail, Secret: found.Secret()}
	k.values = []string{found.Secret().Reveal()}
	if isAccessID(k.values[0]) {
		k.AccessID, k.Secret = k.Secret, secret.String{}
		k.Account = AccountOf(k.AccessID.Reveal())
	}
	return k
}

func (k *Key) host(host string) {
	if k.OfDatabricks() {
		k.Host = ui.Clean(strings.TrimSpace(host))
	}
}

func isAccessID(value string) bool {
	return len(value) == 20 && (strings.HasPrefix(value, "AKIA") || strings.HasPrefix(value, "ASIA"))
}

// AccountOf is the AWS account that an access key id is of, "" where it does not tell: since 2019 the account stands in the id.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html asks AWS the same.
func AccountOf(id string) string {
	if !isAccessID(id) || id[4] == 'I' || id[4] == 'J' { // ids of before tell another number
		return ""
	}
	raw, err := base32.StdEncoding.DecodeString(id[4:])
	if err != nil || len(raw) < 6 {
		return ""
	}
	number := binary.BigEndian.Uint64(append([]byte{0, 0}, raw[:6]...))
	return fmt.Sprintf("%012d", number&0x7fffffffff80>>7)
}

// paired joins each secret of an AWS access key with the nearest id before or after it that near accepts, as one key.
func paired(keys []Key, near func(id, secret Place) bool) []Key {
	gone := map[int]bool{}
	for i := range keys {
		if !keys[i].OfAWS() || !keys[i].AccessID.IsZero() || len(keys[i].values[0]) != secretLength { // a session token is longer
			continue
		}
		best := -1
		for j := range keys {
			free := !keys[j].AccessID.IsZero() && keys[j].Secret.IsZero()
			if free && near(keys[j].Place, keys[i].Place) && (best < 0 || distance(keys[j], keys[i]) < distance(keys[best], keys[i])) {
				best = j
			}
		}
		if best >= 0 {
			keys[best].Secret, keys[best].values = keys[i].Secret, append(keys[best].values, keys[i].values...)
			gone[i] = true
		}
	}
	var left []Key
	for i, k := range keys {
		if !gone[i] {
			left = append(left, k)
		}
	}
	return left
}

// secretLength is that of the secret of an AWS access key.
const secretLength = 40

func distance(a, b Key) int { return max(a.Line-b.Line, b.Line-a.Line) }
