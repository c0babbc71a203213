package statickeys

import (
	"bytes"
	"math"
	"strings"
)

// alphabet is a set of bytes.
type alphabet [256]bool

func newAlphabet(ranges string) *alphabet {
	a := new(alphabet)
	for i := 0; i < len(ranges); i++ {
		if i+2 < len(ranges) && ranges[i+1] == '-' {
			for c := int(ranges[i]); c <= int(ranges[i+2]); c++ {
				a[c] = true
			}
			i += 2
		} else {
			a[ranges[i]] = true
		}
	}
	return a
}

// A dash that is meant stands last.
var (
	hexadecimal = newAlphabet("0-9a-fA-F")
	base32      = newAlphabet("A-Z2-7")
	alnum       = newAlphabet("A-Za-z0-9")
	base64Std   = newAlphabet("A-Za-z0-9+/")
	base64Any   = newAlphabet("A-Za-z0-9+/_-")
	word        = newAlphabet("A-Za-z0-9_-")
	wordDot     = newAlphabet("A-Za-z0-9_.-")
	identifier  = newAlphabet("A-Za-z0-9_.-")
	microsoft   = newAlphabet("A-Za-z0-9_~.-")
)

// entropy is Shannon's, in bits for each byte.
func entropy(s string) float64 {
	var count [256]int
	for i := range len(s) {
		count[s[i]]++
	}
	bits := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

// kinds counts the places where neighbours are of different kinds (lower case, upper case, digit, other). In 40 random characters of
// base64 there are 25, give or take three; in paths, names and sentences hardly ever a third of that.
func kinds(s string) (changes int, lower, upper, digits bool) {
	kind := func(c byte) int {
		switch {
		case 'a' <= c && c <= 'z':
			lower = true
			return 0
		case 'A' <= c && c <= 'Z':
			upper = true
			return 1
		case '0' <= c && c <= '9':
			digits = true
			return 2
		}
		return 3
	}
	last := -1
	for i := range len(s) {
		k := kind(s[i])
		if last >= 0 && k != last {
			changes++
		}
		last = k
	}
	return changes, lower, upper, digits
}

// stair is how many neighbours follow one another in the alphabet or among the digits, in a row, as in "123456".
func stair(s string) int {
	longest, length := 1, 1
	for i := 1; i < len(s); i++ {
		a, b := s[i-1], s[i]
		if b == a+1 || a == '9' && (b == '0' || b|0x20 == 'a') {
			length++
		} else {
			length = 1
		}
		longest = max(longest, length)
	}
	return longest
}

// made reports whether a key of a fixed shape is one that somebody made up for a text: its end or beginning says so, it counts, or it has
// too few different characters.
func made(s string) bool {
	var seen [256]bool
	different := 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			different++
		}
	}
	few := min(7, len(s)/2)
	lower := strings.ToLower(s)
	return different < few || stair(lower) >= 7 || strings.Contains(lower, "example") || strings.Contains(lower, "xxxx") || strings.Contains(lower, "placeholder") ||
		periodic(s)
}

// periodic reports whether a text is a short one, again and again.
func periodic(s string) bool {
	for p := 1; p <= len(s)/3; p++ {
		if s[p:] == s[:len(s)-p] {
			return true
		}
	}
	return false
}

// standIns are parts of what stands where a secret is to be put, or says where it is; in lower case.
var standIns = []string{
	"changeme", "change_me", "change-me", "change.me", "replaceme", "replace_me", "replace-me", "placeholder", "example", "your_", "your-", "yourp", "yours", "xxx", "***", "...", "redacted", "dummy", "insert_", "insert-",
	"fixme", "todo", "{{", "}}", "${", "$(", "<%", "%(", "#{", "os.environ", "getenv", "getpass", "dbutils.secrets", "secrets.", "secret_scope", "var.", "local.", "data.", "module.", "vault:", "vault_", "keyvault", "op://",
	"arn:", "ssm:", "enc[", "!sub", "!ref", "resolve:", "process.env", "sys.env", "environ[",
	"not-a-real", "notreal", "not_real", "fake", "sample", "mysecret", "my-secret", "my_secret", "topsecret", "unused", "hidden",
}

// standsIn reports whether a value is no literal secret: a reference, a template, a placeholder.
func standsIn(value string) bool {
	if value == "" {
		return true
	}
	switch value[0] {
	case '<', '$', '%', '{', '[', '(', '@', '*', '&':
		if len(value) < 2 || !alnum[value[1]] || value[0] == '$' || value[len(value)-1] == '>' || value[len(value)-1] == '%' || value[len(value)-1] == '}' || value[len(value)-1] == ']' {
			return true
		}
	}
	lower := strings.ToLower(value)
	switch lower {
	case "none", "null", "nil", "true", "false", "undefined", "string", "str", "secret", "token", "key", "pass", "pwd", "test", "admin", "root", "user", "username", "value", "text", "empty", "optional", "required", "self", "postgres", "mysql", "guest", "default", "sensitive", "masked":
		return true
	}
	for _, part := range standIns {
		if strings.Contains(lower, part) {
			return true
		}
	}
	if strings.Contains(lower, "passw") && strings.IndexFunc(lower, func(r rune) bool { return '0' <= r && r <= '9' }) < 0 {
		return true // password, db_password, PASSWORD_HERE
	}
	return periodic(value) && len(value) >= 4
}

// isUUID reports whether a text is 8-4-4-4-12 hexadecimal digits.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (s[i] == '-') || !dash && !hexadecimal[s[i]] {
			return false
		}
	}
	return true
}

// all reports whether a text has no other bytes.
func (a *alphabet) all(s string) bool {
	for i := range len(s) {
		if !a[s[i]] {
			return false
		}
	}
	return true
}

// from is the end of the run of these bytes that begins at an offset, at most limit of them.
func (a *alphabet) from(text []byte, at, limit int) int {
	end := at
	for end < len(text) && end-at < limit && a[text[end]] {
		end++
	}
	return end
}

// before is the beginning of the run of these bytes that ends before an offset, at most limit of them.
func (a *alphabet) before(text []byte, at, limit int) int {
	start := at
	for start > 0 && at-start < limit && a[text[start-1]] {
		start--
	}
	return start
}

// isText reports whether bytes are text as people write it, by their beginning.
func isText(data []byte) bool {
	head := data[:min(len(data), 8000)]
	if bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	odd := 0
	for _, c := range head {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b {
			odd++
		}
	}
	return odd*20 <= len(head)
}
