package accessmap

import (
	"fmt"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

const (
	// maxSerial is the largest number that JSON holds exactly; it has room for a date and time.
	maxSerial     = 1<<53 - 1
	serialPattern = `^[1-9][0-9]{0,15}$`
	// minMaxAge keeps thousands of people from asking the map's server all the time.
	minMaxAge = 10 * time.Minute
)

var (
	serialText = &form{pattern: serialPattern}
	serialForm = &form{schema: schema{AnyOf: []schema{
		{Type: "integer", Minimum: 1, Maximum: maxSerial}, {Type: "string", Pattern: serialPattern},
	}}}
	prefixForm  = &form{pattern: `^[a-z0-9][a-z0-9._-]{0,62}$`, wrong: "is not what the name of a profile may begin with: " + nameRule}
	versionForm = &form{pattern: `^v[1-9][0-9]{0,3}\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})$`, wrong: "is not a version, as in v1.2.0"}
	ageForm     = &form{
		pattern: `^[1-9][0-9]{0,3}[mhd]$`, check: checkAge, unitless: unitlessAge,
		wrong: "is not an age in minutes, hours or days, as in 90m, 24h or 30d",
	}
)

var defaultsFields = []field[Defaults]{
	{"max_age", optional, ageForm, func(v value, d *Defaults) { d.MaxAge = ageOf(v.text()) },
		"How old people's copies of the map get before commands that they wait for fetch it again beside their work, as in 24h; 10m or more."},
	{"expires", optional, ageForm, func(v value, d *Defaults) { d.Expires = ageOf(v.text()) },
		"How old a copy may be at all, as in 30d. An older one gives nobody anything until it is fetched again."},
	{"role", optional, nameForm, func(v value, d *Defaults) { d.Role = v.nameOf(anyRole) },
		"The role that commands mean which are given none, for people who have not set default_role and may take it."},
	{"profile_prefix", optional, prefixForm, func(v value, d *Defaults) { d.ProfilePrefix = v.text() },
		"What stands before the role in the names of profiles, for people who have not set profile_prefix."},
	{"min_version", optional, versionForm, func(v value, d *Defaults) { d.MinVersion = v.text() },
		"The oldest dbxaccess that may use the map, as in v1.2.0. Older ones refuse it and say so."},
}

var auditFields = []field[Audit]{
	{"on_failure", optional, verdictForm, func(v value, a *Audit) { a.OnFailure = Verdict(v.text()) },
		"deny: what can't be recorded is neither stored nor handed out. allow: it is, with a warning."},
}

func readAudit(v value, m *Map) {
	read(v.decoder, v.node, "audit", place(v.node), auditFields, &m.Audit)
}

func readDefaults(v value, m *Map) {
	o := read(v.decoder, v.node, "defaults", place(v.node), defaultsFields, &m.Defaults)
	if o != nil && m.Defaults.Expires != 0 && m.Defaults.Expires < m.Defaults.MaxAge {
		v.add(o.where("expires"), "defaults: expires is shorter than max_age, so a copy would end before it is fetched again")
	}
}

// serial reads a number, in quotes or not.
func (v value) serial() int64 {
	if v.node.Kind == yaml.ScalarNode && serialText.matches(v.node.Value) {
		if n, err := strconv.ParseInt(v.node.Value, 10, 64); err == nil && n <= maxSerial {
			return n
		}
	}
	v.wrong("expected a number from 1 to %d", int64(maxSerial))
	return 0
}

func checkAge(s string) (string, error) {
	if age := ageOf(s); age < minMaxAge {
		return "", fmt.Errorf("%s is less than 10m", shown(s))
	}
	return s, nil
}

func unitlessAge(s string) error {
	return fmt.Errorf("%s has no unit; write m, h or d behind it, as in 24h", shown(s))
}

// ageOf reads what ageForm accepts: 30d is thirty times 24 hours.
func ageOf(s string) time.Duration {
	if s == "" {
		return 0
	}
	n, _ := strconv.Atoi(s[:len(s)-1])
	return time.Duration(n) * map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[s[len(s)-1]]
}
