package refusal

import (
	"strings"
	"unicode"
)

const (
	maxARN    = 1400 // bytes: a bucket's name and a key of 1,024, and what stands before
	maxAction = 120
	maxName   = 300 // of what a privilege is on
)

// isARN checks the form arn:partition:service:region:account:resource. An account may be masked, as API Gateway does.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func isARN(s string) bool {
	if len(s) > maxARN {
		return false
	}
	parts := strings.SplitN(s, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[1] != "" && parts[2] != "" && parts[5] != "" &&
		only(parts[1], isLower) && only(parts[2], isLower) && only(parts[3], isLower) &&
		only(parts[4], func(c byte) bool { return c >= '0' && c <= '9' || strings.IndexByte("*xXaws", c) >= 0 }) &&
		!strings.ContainsFunc(parts[5], unprintable)
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' }

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func only(s string, in func(byte) bool) bool {
	for i := range len(s) {
		if !in(s[i]) {
			return false
		}
	}
	return true
}

// unprintable are what no name here may have: it would move other text on the screen, or not be seen.
func unprintable(r rune) bool {
	return r != ' ' && !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r)
}

// isPrincipal checks who AWS says that a user is: an ARN without white space, or anonymous.
func isPrincipal(s string) bool {
	return s == Anonymous || isARN(s) && !strings.ContainsAny(s, " \"'<>()[]{},;\\") || isARN(s) && isSession(s)
}

// isSession allows the comma that names of sessions may have.
func isSession(s string) bool {
	return strings.Contains(s, ":assumed-role/") && !strings.ContainsAny(s, " \"'<>()[]{};\\")
}

// isAction checks the form service:Name.
func isAction(s string) bool {
	service, name, ok := strings.Cut(s, ":")
	return ok && len(s) <= maxAction && len(service) >= 2 && name != "" && only(service, isLower) &&
		only(name, func(c byte) bool { return isWord(c) || c == '*' })
}

// safe is a field as it may leave: "" if it is not printable or holds what looks like a secret.
func safe(s string) string {
	if strings.ContainsFunc(s, unprintable) || secretIn(s) {
		return ""
	}
	return s
}

// secretIn reports whether a text has what looks like an access key, a token or a part of a signed address. Names and keys
// of objects that look so are not worth the risk.
func secretIn(s string) bool {
	for _, mark := range [...]struct {
		text  string
		least int // letters and digits behind it
	}{
		{"X-Amz-", 0}, {"x-amz-", 0}, {"Signature=", 0}, {"AWSAccessKeyId", 0}, {"Bearer ", 0}, {"AQoDYXdz", 0}, {"IQoJb3JpZ2lu", 0},
		{"FwoGZXIvYXdz", 0}, {"eyJ", 16}, {"dapi", 16}, {"dkea", 16}, {"dose", 16}, {"ghp_", 16}, {"xoxb-", 10},
		{"AKIA", 12}, {"ASIA", 12}, {"ABIA", 12}, {"ACCA", 12},
	} {
		for rest := s; ; {
			_, after, ok := strings.Cut(rest, mark.text)
			if !ok {
				break
			}
			if longWord(after, mark.least) {
				return true
			}
			rest = after
		}
	}
	return secretKeyIn(s)
}

// longWord reports whether a text begins with so many letters and digits.
func longWord(s string, least int) bool {
	return len(s) >= least && only(s[:least], func(c byte) bool { return isWord(c) || c == '_' || c == '-' })
}

// secretKeyIn looks for the form of a secret access key, 40 characters of base64, and of longer tokens: capitals, small
// letters and digits in no order. Names change between these seldom.
func secretKeyIn(s string) bool {
	const (
		length  = 40
		changes = 11
	)
	class := func(c byte) int {
		switch {
		case c >= 'a' && c <= 'z':
			return 1
		case c >= 'A' && c <= 'Z':
			return 2
		case c >= '0' && c <= '9':
			return 3
		case c == '+', c == '/':
			return 4
		}
		return 0
	}
	run, changed, seen := 0, 0, [5]bool{}
	for i := range len(s) {
		now := class(s[i])
		if now == 0 {
			run, changed, seen = 0, 0, [5]bool{}
			continue
		}
		if before := class(s[max(i-1, 0)]); run > 0 && before != now && before != 4 && now != 4 {
			changed++
		}
		run++
		seen[now] = true
		if run >= length && changed >= changes && seen[1] && seen[2] && seen[3] {
			return true
		}
	}
	return false
}

// clean drops fields that must not leave.
func (r *Refusal) clean() {
	for _, field := range []*string{&r.Principal, &r.Action, &r.Resource, &r.Prefix, &r.Policy, &r.Operation} {
		*field = safe(*field)
	}
}
