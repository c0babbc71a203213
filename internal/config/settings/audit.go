package settings

import (
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Audit settings: what is done with the record.
type Audit struct {
	Sinks []Sink `mapstructure:"sinks"` // where it is sent
	// MaxSize is from what size on a file of the record is followed by the next one, as in 16MB.
	MaxSize string `mapstructure:"max_size"`
}

// Bytes is MaxSize in bytes.
func (a *Audit) Bytes() int64 { return bytesOf(a.MaxSize) }

// bytesOf is a size in bytes: a number with KB, MB or GB behind it, from 64 KB to 1 GB; 0 for anything else.
func bytesOf(size string) int64 {
	for unit, bytes := range map[string]int64{"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30} {
		digits, ok := strings.CutSuffix(size, unit)
		if n, err := strconv.ParseInt(digits, 10, 32); ok && err == nil && isDigits(digits) && n*bytes >= 64<<10 && n*bytes <= 1<<30 {
			return n * bytes
		}
	}
	return 0
}

// isDigits reports whether a number begins with none that YAML could read otherwise.
func isDigits(s string) bool { return s != "" && s[0] != '0' && strings.Trim(s, "0123456789") == "" }

// Sink is a place the record is sent to. What its values have to be, package ship says, which opens it: a sink that is wrong must
// not keep anybody from their credentials. Its token is in the keyring, or in a job's environment: see TokenVariable.
type Sink struct {
	Name   string `mapstructure:"name"` // see IsSinkName; no two alike
	Type   string `mapstructure:"type"`
	URL    string `mapstructure:"url"`
	CAFile string `mapstructure:"ca_file"`
	Header string `mapstructure:"header"`
	Region string `mapstructure:"region"`
	Role   string `mapstructure:"role"` // of the access map, whose credentials write
	// Partition is how objects lie in a bucket.
	Partition string `mapstructure:"partition"`
}

// Place says where a sink is: what lies elsewhere, or otherwise, is sent from the beginning.
func (s Sink) Place() string {
	place := s.Type + " " + s.URL
	if s.Partition != "" {
		place += " by " + s.Partition
	}
	return place
}

// MaxSinks bounds how many there may be.
const MaxSinks = 16

const tokenPrefix, tokenSuffix = "DBXACCESS_AUDIT_SINK_", "_TOKEN"

// TokenVariable is the variable that may hold the token of a sink, for jobs without a keyring: DBXACCESS_AUDIT_SINK_SIEM_TOKEN.
func TokenVariable(sink string) string {
	return tokenPrefix + strings.ToUpper(strings.ReplaceAll(sink, "-", "_")) + tokenSuffix
}

// IsSinkName allows lower-case letters, digits and hyphens. It is part of the names of a file, a variable and an item.
func IsSinkName(name string) bool {
	return len(name) <= 32 && ui.IsPlain(name, "-") && name == strings.ToLower(name) && name[0] != '-'
}

// WrongSink says which sink, from 0, can't be told by its name, and why; -1 where all can.
func (a *Audit) WrongSink() (number int, why string) {
	names := map[string]bool{}
	for i, sink := range a.Sinks {
		switch {
		case i == MaxSinks:
			return i, "there are too many sinks"
		case !IsSinkName(sink.Name):
			return i, "its name must be of lower-case letters, digits and hyphens, 32 at most"
		case names[sink.Name]:
			return i, "another sink has its name"
		}
		names[sink.Name] = true
	}
	return -1, ""
}

// keys are the settings of a sink, by their keys.
func (s *Sink) keys() map[string]*string {
	return map[string]*string{
		"name": &s.Name, "type": &s.Type, "url": &s.URL, "ca_file": &s.CAFile, "header": &s.Header, "region": &s.Region, "role": &s.Role,
		"partition": &s.Partition,
	}
}

// readSinks takes lines below `sinks:` where they are sinks in their usual form. rest is what follows them.
//
//   - name: siem
//     type: otlp
func (a *Audit) readSinks(lines []string) (rest []string, ok bool) {
	var open map[string]*string // settings that the last sink does not have yet
	for len(lines) > 0 && strings.HasPrefix(lines[0], "    ") {
		entry, begins := strings.CutPrefix(lines[0], "    - ")
		if begins {
			a.Sinks = append(a.Sinks, Sink{})
			open = a.Sinks[len(a.Sinks)-1].keys() // into the array as it is: a former sink is complete
		} else {
			entry, ok = strings.CutPrefix(lines[0], "      ")
			if !ok {
				return lines, false
			}
		}
		key, value, _ := strings.Cut(entry, ": ")
		into, known := open[key]
		if !known || !isWord(value) && !isPlace(value) {
			return lines, false
		}
		*into = value
		delete(open, key)
		lines = lines[1:]
	}
	wrong, _ := a.WrongSink()
	return lines, wrong < 0 && len(a.Sinks) > 0
}

// isPlace reports whether YAML takes a text for a string as it has a slash: an address or a path, without what begins a comment or
// a mapping.
func isPlace(text string) bool {
	return strings.Contains(text, "/") && !strings.HasSuffix(text, ":") && ui.IsPlain(text, "/:._-=%~?") && (text[0] == '/' || 'a' <= text[0] && text[0] <= 'z')
}
