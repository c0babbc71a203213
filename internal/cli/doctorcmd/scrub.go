package doctorcmd

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
)

// scrubber takes out of a text what is not for others: secrets that are known, what looks like one, and unless names stay the person's home
// and e-mail addresses. One that is taken out wrongly costs support a question; one that stays costs more.
type scrubber struct {
	known *strings.Replacer
	home  string
	names bool           // e-mail addresses stay
	mails map[string]int // numbered as they come, so that one can be told from another

	patterns
}

// patterns are compiled for a bundle, and not for each start of the program.
type patterns struct {
	secretVariable, plainVariable *regexp.Regexp // names of variables that hold secrets; of those that don't after all

	userInfo, query, bearer, assigned *regexp.Regexp // their first group stays
	webToken, patToken, armoured      *regexp.Regexp
	longRun, awsSecret                *regexp.Regexp // where they are mixed
	mail, literal                     *regexp.Regexp // an address; a string of JSON
}

func newPatterns() patterns {
	return patterns{
		secretVariable: regexp.MustCompile(`(?i)token|secret|pass|key|credential|auth|cookie|session|private|bearer|signature|sas`),
		plainVariable:  regexp.MustCompile(`(?i)_(file|path|sock|dir|url|uri|backend|service|type|name|profile)$`),
		userInfo:       regexp.MustCompile(`(://)[^\s"']*@`), // a password may hold what an address should not
		query:          regexp.MustCompile(`(https?://[^\s"'?]*\?)[^\s"']+`),
		bearer:         regexp.MustCompile(`(?i)((?:authorization:?\s+)?(?:bearer|basic)\s+|authorization:?\s+)[^\s"',]{6,}`),
		assigned:       regexp.MustCompile(`(?i)((?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key)["']?\s*[=:]\s*["']?)[^\s"',;]{4,}`),
		webToken:       regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,4}`),
		patToken:       regexp.MustCompile(`\b(?:dapi|dkea|dose|ghp_|gho_|ghs_|github_pat_|xox[a-z]-|glpat-|sk-)[A-Za-z0-9_-]{16,}`),
		armoured:       regexp.MustCompile(`(?s)-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)`),
		longRun:        regexp.MustCompile(`[A-Za-z0-9_+=-]{24,}`),
		awsSecret:      regexp.MustCompile(`[A-Za-z0-9+/]{40,}`),
		mail:           regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`),
		literal:        regexp.MustCompile(`"(?:\\.|[^"\\])*"`),
	}
}

const redacted = "[redacted]"

// newScrubber knows the values of variables that hold a secret by their names, and others.
func newScrubber(environ []string, home string, names bool, others ...secret.String) *scrubber {
	p := newPatterns()
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if p.secretVariable.MatchString(name) && !p.plainVariable.MatchString(name) {
			others = append(others, secret.New(value))
		}
		others = append(others, inAddress(value)...)
	}
	return &scrubber{known: secret.Redactor(others...), home: home, names: names, mails: map[string]int{}, patterns: p}
}

// inAddress is what stands before the host in an address, as a proxy's or a database's may have it, and the password in that.
func inAddress(value string) []secret.String {
	_, rest, _ := strings.Cut(value, "://")
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return nil
	}
	_, password, _ := strings.Cut(rest[:at], ":")
	return []secret.String{secret.New(rest[:at]), secret.New(password)}
}

// json scrubs the strings of a JSON text, and leaves the rest of it as it is.
func (s *scrubber) json(text string) string {
	var found []secret.String
	(&statickeys.Scanner{}).Bytes("bundle.json", []byte(text), func(f statickeys.Finding) { found = append(found, f.Secret()) })
	alike := secret.Redactor(found...)
	return s.literal.ReplaceAllStringFunc(text, func(quoted string) string {
		var value string
		if json.Unmarshal([]byte(quoted), &value) != nil {
			return `"` + redacted + `"`
		}
		scrubbed := s.text(alike.Replace(value))
		if scrubbed == value {
			return quoted
		}
		var out strings.Builder
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(scrubbed) // of a string
		return strings.TrimSuffix(out.String(), "\n")
	})
}

// text scrubs one text.
func (s *scrubber) text(t string) string {
	t = s.armoured.ReplaceAllString(s.known.Replace(t), redacted)
	for _, kept := range []*regexp.Regexp{s.userInfo, s.query, s.bearer, s.assigned} {
		end := ""
		if kept == s.userInfo {
			end = "@"
		}
		t = kept.ReplaceAllString(t, "${1}"+redacted+end)
	}
	for _, whole := range []*regexp.Regexp{s.webToken, s.patToken} {
		t = whole.ReplaceAllString(t, redacted)
	}
	for _, run := range []*regexp.Regexp{s.awsSecret, s.longRun} {
		t = run.ReplaceAllStringFunc(t, func(word string) string {
			if mixed(word) {
				return redacted
			}
			return word
		})
	}
	if s.home != "" && s.home != "/" {
		t = strings.ReplaceAll(t, s.home, "~")
	}
	if s.names {
		return t
	}
	return s.mail.ReplaceAllStringFunc(t, func(address string) string {
		address = strings.ToLower(address)
		if s.mails[address] == 0 {
			s.mails[address] = len(s.mails) + 1
		}
		return fmt.Sprintf("[e-mail %d]", s.mails[address])
	})
}

// mixed tells what was drawn at random from what people and programs write: words and digests have no capitals between digits. IAM
// Identity Center's roles do, and the kernel of Linux under Windows.
func mixed(word string) bool {
	return !strings.HasPrefix(word, "AWSReservedSSO_") && !strings.HasSuffix(word, "-microsoft-standard-WSL2") && strings.ContainsAny(word, "0123456789") && strings.ContainsAny(word, "abcdefghijklmnopqrstuvwxyz") &&
		strings.ContainsAny(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}
