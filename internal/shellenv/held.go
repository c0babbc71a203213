package shellenv

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The variables by which a shell knows what it was given.
const (
	RoleVariable    = "DBXACCESS_ROLE"    // the role, for prompts
	ExpiresVariable = "DBXACCESS_EXPIRES" // when the first of the copied credentials ends, RFC 3339; not set for profiles, which renew
	heldVariable    = "DBXACCESS_SHELL"   // see Held
)

const (
	maxHeld = 8 << 10 // bytes
	// fingerprint is how many hexadecimal digits tell that a value is the one that was set. They say nothing of a secret: of 2^32 keys that one
	// might guess, each would have to be tried elsewhere.
	fingerprint = 8
)

// Choice is a role as a person chose it for a shell. The names are those of an access map.
type Choice struct {
	Role, Workspace, Identity string

	Keys         bool // copied into the environment, in place of profiles
	NoDatabricks bool
}

// Held is what the shell that a program was started from holds of ours, as the variables say that we set last: which role, which one
// before, and which variables have still the value that they were given. A variable that a person has changed since is theirs.
type Held struct {
	Now, Former Choice
	set         map[string]string // variable → fingerprint of its value
	own         map[string]string // variable that names a profile → the person's own value, which ours took the place of
	getenv      func(string) string
}

// ReadHeld reads it. What is damaged counts for nothing: it would only be unset for sure where it is known to be ours.
func ReadHeld(getenv func(string) string) Held {
	h := Held{set: map[string]string{}, own: map[string]string{}, getenv: getenv}
	text := getenv(heldVariable)
	if len(text) > maxHeld {
		return h
	}
	for field := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(field, "=")
		switch {
		case name == "now":
			h.Now = readChoice(value)
		case name == "was":
			h.Former = readChoice(value)
		case name == "own":
			if variable, value, _ := strings.Cut(value, ":"); slices.Contains(naming(), variable) && mayKeep(value) {
				h.own[variable] = value
			}
		case name != "" && isName(name) && len(value) == fingerprint:
			h.set[name] = value
		}
	}
	return h
}

// Ours reports whether a variable has the value that we gave it.
func (h Held) Ours(name string) bool {
	value := h.getenv(name)
	return value != "" && h.set[name] == fingerprintOf(name, value)
}

// All are the names of the variables that are Ours, in their order.
func (h Held) All() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(h.set)), func(name string) bool { return !h.Ours(name) })
}

// naming are the variables that name a profile, of which a person's own value comes back when the shell is under no role.
func naming() []string {
	return []string{"AWS_DEFAULT_PROFILE", "AWS_PROFILE", "DATABRICKS_CONFIG_PROFILE"}
}

// mayKeep reports whether a value can stand among others, and in every shell. That of a profile with another name is not kept.
func mayKeep(value string) bool { return len(value) <= 128 && ui.IsPlain(value, "._-+@/") }

// ownBehind is what a variable that names a profile comes back as: the person's own value that ours took the place of, or that we took
// away. Where a person has changed or unset it since, it is theirs as it is.
func (h Held) ownBehind(name string) string {
	if value := h.getenv(name); h.Ours(name) || value == "" && h.set[name] == "" {
		return h.own[name]
	}
	return ""
}

// Restored are the variables that Clear gives back their own values.
func (h Held) Restored() (vars []Variable) {
	for _, name := range naming() {
		if value := h.ownBehind(name); value != "" {
			vars = append(vars, Variable{name, value})
		}
	}
	return vars
}

// Empty reports whether the shell holds nothing of ours.
func (h Held) Empty() bool {
	return len(h.All()) == 0 && h.getenv(RoleVariable) == "" && h.getenv(heldVariable) == ""
}

// Switch adds to the variables of a choice what the shell is to know of it, and unsets what it had of the choice before; keep names what
// is to stay of that. expires is zero where the choice renews itself.
func (h Held) Switch(to Choice, vars []Variable, expires time.Time, keep func(name string) bool) []Variable {
	all := slices.Clone(vars)
	set, own := map[string]string{}, map[string]string{}
	for _, v := range vars {
		if v.Value != "" {
			set[v.Name] = fingerprintOf(v.Name, v.Value)
		}
		if !slices.Contains(naming(), v.Name) {
			continue
		}
		if value := h.getenv(v.Name); value != "" && !h.Ours(v.Name) {
			own[v.Name] = value
		} else {
			own[v.Name] = h.ownBehind(v.Name)
		}
	}
	touched := func(name string) bool {
		return slices.ContainsFunc(vars, func(v Variable) bool { return v.Name == name })
	}
	for _, name := range h.All() {
		switch {
		case touched(name):
		case keep(name):
			set[name], own[name] = h.set[name], h.own[name]
		default:
			all = append(all, Variable{name, h.ownBehind(name)})
		}
	}
	for _, v := range h.Restored() {
		switch {
		case touched(v.Name) || h.Ours(v.Name):
		case keep(v.Name):
			own[v.Name] = v.Value
		default:
			all = append(all, v)
		}
	}
	former := h.Now
	if former == to || former.Role == "" {
		former = h.Former
	}
	fields := []string{"now=" + to.String(), "was=" + former.String()}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		fields = append(fields, name+"="+set[name])
	}
	for _, name := range naming() {
		if value := own[name]; mayKeep(value) {
			fields = append(fields, "own="+name+":"+value)
		}
	}
	ends := Variable{Name: ExpiresVariable}
	if !expires.IsZero() {
		ends.Value = expires.UTC().Format(time.RFC3339)
	}
	return append(all, Variable{RoleVariable, to.Role}, ends, Variable{heldVariable, strings.Join(fields, ",")})
}

// Clear unsets all that the shell holds of ours, and gives variables their own values back.
func (h Held) Clear() (vars []Variable) {
	restored := h.Restored()
	for _, name := range slices.Concat(h.All(), Told()) {
		if !slices.ContainsFunc(restored, func(v Variable) bool { return v.Name == name }) {
			vars = append(vars, Variable{Name: name})
		}
	}
	return append(vars, restored...)
}

// Told are the variables that only tell of the others.
func Told() []string { return []string{RoleVariable, ExpiresVariable, heldVariable} }

// String is read by readChoice, and consists of characters that no shell gives a meaning.
func (c Choice) String() string {
	how := ""
	if c.Keys {
		how += "k"
	}
	if c.NoDatabricks {
		how += "n"
	}
	return strings.Join([]string{c.Role, c.Workspace, c.Identity, how}, ":")
}

// readChoice returns the zero Choice for what String has not written.
func readChoice(text string) Choice {
	parts := strings.Split(text, ":")
	if len(parts) != 4 || slices.ContainsFunc(parts, func(part string) bool { return part != "" && !ui.IsPlain(part, "._-") }) {
		return Choice{}
	}
	if strings.HasPrefix(cmp.Or(parts[0], "-"), "-") {
		return Choice{}
	}
	return Choice{
		Role: parts[0], Workspace: parts[1], Identity: parts[2],
		Keys: strings.Contains(parts[3], "k"), NoDatabricks: strings.Contains(parts[3], "n"),
	}
}

func fingerprintOf(name, value string) string {
	sum := sha256.Sum256([]byte(name + "=" + value))
	return hex.EncodeToString(sum[:])[:fingerprint]
}
