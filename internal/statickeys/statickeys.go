// Package statickeys finds keys that don't expire in files and settings: AWS access keys, Databricks tokens, passwords of databases and
// others.
//
// In come bytes with a name, or a setting with its path; out come findings with rule and place. What is encoded is decoded first:
// notebooks, archives, JSON in JSON, base64, UTF-16. It opens no file, starts no program and asks no network. It must never print a
// secret, hand out more of it than its last four characters but to who asks by name, or call read what it did not look at. What it is
// given is hostile: time and memory are bounded by its size, whatever it claims to be.
package statickeys

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Place is where something stands.
type Place struct {
	File   string `json:"file,omitempty"`
	Entry  string `json:"entry,omitempty"`  // path in the archive that the file is; of archives in archives joined by "!"
	Commit string `json:"commit,omitempty"` // that brought it into the history
	Cell   int    `json:"cell,omitempty"`   // of a notebook, from 1
	// Line counts from 1 in what people see: in the cell (or the output) of an .ipynb or a .dbc, else in the file. 0 for a setting.
	Line int `json:"line,omitempty"`
	// Column counts characters from 1, in that line; in JSON it is where the value begins.
	Column int `json:"column,omitempty"`
	// FileLine is the line of the file itself, where Line is of a cell.
	FileLine int `json:"file_line,omitempty"`
	// Path is that of a setting in JSON or YAML, or of a cell's output; " (base64)" behind it where it was decoded.
	Path string `json:"path,omitempty"`
}

// Finding is one key at one place.
type Finding struct {
	Rule  string `json:"rule"` // see Rules
	Place Place  `json:"place"`
	// Tail are the last four characters of the secret; "" of one under 16.
	Tail string `json:"tail,omitempty"`
	// Fingerprint is the same for the same rule, secret and salt; "" from a Scanner without a salt.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Lesser is a credential that ends by itself, or may be none.
	Lesser bool `json:"lesser,omitempty"`
	// Allowed is the reason that an acknowledgement beside it gives: `dbxaccess:allow RULE reason`.
	Allowed string `json:"allowed,omitempty"`

	value string
}

// Secret is the key itself, to ask who issued it whether it still works, or to move it elsewhere. It must not be printed or kept.
func (f Finding) Secret() secret.String { return secret.New(f.value) }

// Why is the reason for which something was not looked at, or not as text.
type Why string

// The reasons.
const (
	Binary    Why = "binary: only keys that are known by their shape were looked for"
	TooLarge  Why = "larger than the bound"
	TooMany   Why = "more entries than the bound"
	TooDeep   Why = "an archive in an archive in an archive"
	TooDense  Why = "it unpacks to far more than its size, as a bomb does"
	Damaged   Why = "it can't be unpacked"
	Encrypted Why = "it is encrypted"
	Packed    Why = "packed in a form that is not read"
	TooNested Why = "nested deeper than the bound"
)

// Unread is something that was not looked at, or only in part.
type Unread struct {
	Place Place `json:"place"`
	Why   Why   `json:"why"`
}

// Detector finds more than the package's own rules: it calls found with a rule of its own and where the secret stands in the decoded
// text.
type Detector func(text []byte, found func(rule string, start, end int))

// Scanner finds keys. The zero value does, without fingerprints. It may be used by several goroutines if its Detector may.
type Scanner struct {
	Salt []byte   // of fingerprints, that of the baseline; nil: none are made
	More Detector // is asked about every text besides; nil: none
}

// Bytes looks through the content of a file. Its name decides, with the content, how it is decoded, and is the Place's File. It returns
// what was not looked at.
func (s *Scanner) Bytes(name string, content []byte, report func(Finding)) []Unread {
	r := &run{scanner: s, report: report, most: unpackedOf(len(content))}
	r.file(Place{File: name}, name, content, 0)
	return r.unread
}

// Value looks through a setting: its path, such as spark_conf.fs.s3a.secret.key, is the name of what it is. A value that is JSON, base64 or a
// script is looked through as such.
func (s *Scanner) Value(path, value string, report func(Finding)) {
	r := &run{scanner: s, report: report}
	f := r.flat(Place{})
	f.push(path)
	f.leaf([]byte(value), mark{})
	f.flush()
}

// run is one call.
type run struct {
	scanner *Scanner
	report  func(Finding)
	unread  []Unread
	spent   int64 // bytes that were unpacked
	most    int64 // that may be
}

func (r *run) skip(p Place, why Why) { r.unread = append(r.unread, Unread{p, why}) }

// shown is how long a secret must be for its end to be shown.
const shown = 16

func (s *Scanner) finding(rule, value string, lesser bool, p Place) Finding {
	p.Path, p.Entry = WithoutKeys(p.Path), WithoutKeys(p.Entry)
	f := Finding{Rule: rule, Place: p, Lesser: lesser, value: value}
	if len(value) >= shown {
		f.Tail = printable(value[len(value)-4:])
	}
	if s.Salt != nil {
		f.Fingerprint = fingerprint(s.Salt, rule, value)
	}
	return f
}

// WithoutKeys is a path or a name without what is a key in it: it is to be printed.
func WithoutKeys(path string) string {
	hits := match([]byte(path), true, false, nil)
	for n := len(hits) - 1; n >= 0; n-- {
		path = path[:hits[n].start] + "[redacted]" + path[hits[n].stop:]
	}
	return path
}

// fingerprint is keyed, as the bare hash of a password could be looked up.
func fingerprint(salt []byte, rule, value string) string {
	h := hmac.New(sha256.New, salt)
	h.Write([]byte(rule + "\x00" + value))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// printable has a dot for what is no visible ASCII.
func printable(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c <= ' ' || c >= 0x7f {
			b[i] = '.'
		}
	}
	return string(b)
}
