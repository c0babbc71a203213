package statickeys

import (
	"bytes"
	"strings"
)

const (
	idLength     = 20
	secretLength = 40
	nearID       = 300 // how far from an id its secret is looked for, in bytes
	nearName     = 240 // how far behind a name its value is
)

// accessKey is an access key id (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids), and the secret
// beside it.
func (m *matching) accessKey(start, end int) {
	prefix := string(m.text[start:end])
	if prefix != "AKIA" && prefix != "ASIA" {
		return
	}
	stop := base32.from(m.text, end, idLength-4)
	if stop-start != idLength || stop < len(m.text) && alnum[m.text[stop]] {
		return
	}
	if start > 0 && upperDigits[m.text[start-1]] && !m.percentBefore(start) {
		return
	}
	id := string(m.text[start:stop])
	temporary := prefix == "ASIA"
	if !strings.HasSuffix(id, "EXAMPLE") && !made(id[4:]) {
		if temporary {
			m.hits = append(m.hits, hit{rule: ruleAWSTemp, start: start, stop: stop, lesser: true})
		} else {
			m.found(ruleAWSID, start, stop)
		}
	} else if strings.HasSuffix(id, "EXAMPLE") {
		return // so is the secret beside it
	}
	for _, span := range [][2]int{{stop, min(stop+nearID, len(m.text))}, {max(start-nearID, 0), start}} {
		if from, to, value := m.secretIn(span[0], span[1]); value != "" {
			rule := ruleAWSSecret
			if temporary {
				rule = ruleAWSTemp
			}
			m.hits = append(m.hits, hit{rule: rule, start: from, stop: to, value: value, lesser: temporary})
			return
		}
	}
}

var upperDigits = newAlphabet("A-Z0-9")

// percentBefore reports whether what stands before an offset is an escape of a URL, such as %3D.
func (m *matching) percentBefore(at int) bool {
	return at >= 3 && m.text[at-3] == '%' && hexadecimal[m.text[at-2]] && hexadecimal[m.text[at-1]]
}

// secretIn is the first secret access key between two offsets. It may begin before the second, but not before the first.
func (m *matching) secretIn(from, to int) (start, stop int, value string) {
	for at := from; at < to; {
		if !m.secretByte(at) {
			at++
			continue
		}
		if at > from || at == 0 || !m.secretByte(at-1) {
			if stop, value := m.secretAt(at); value != "" {
				return at, stop, value
			}
		}
		// On to the end of this run. One that is too long may begin with a path or an id, which a slash ends.
		begin := at
		for at < len(m.text) && m.secretByte(at) && at-begin < 400 {
			if m.text[at] == '/' && at-begin <= 64 {
				if stop, value := m.secretAt(at + 1); value != "" && at-begin != secretLength {
					return at + 1, stop, value
				}
			}
			at++
		}
	}
	return 0, 0, ""
}

func (m *matching) secretByte(at int) bool { return base64Std[m.text[at]] }

// secretAt is the secret access key that begins at an offset: 40 characters of base64, of which some may be escaped as in URLs, random and
// with nothing of their kind behind them.
func (m *matching) secretAt(at int) (stop int, value string) {
	var b [secretLength]byte
	n, plain := 0, true
	for at < len(m.text) {
		c := m.text[at]
		if c == '%' && at+2 < len(m.text) {
			switch decoded := escapes[strings.ToUpper(string(m.text[at+1:at+3]))]; decoded {
			case '/', '+':
				if n == secretLength {
					return 0, ""
				}
				b[n], plain = decoded, false
				n, at = n+1, at+3
				continue
			}
		}
		if !base64Std[c] {
			break
		}
		if n == secretLength {
			return 0, ""
		}
		b[n] = c
		n, at = n+1, at+1
	}
	if n != secretLength || plain && at < len(m.text) && (m.text[at] == '=' && !m.assigns(at) || m.text[at] == '_' || m.text[at] == '-') {
		return 0, ""
	}
	if value = string(b[:]); !secretLike(value) {
		return 0, ""
	}
	return at, value
}

// assigns reports whether an equals sign stands alone before a value, which a padding doesn't.
func (m *matching) assigns(at int) bool {
	return at+1 < len(m.text) && (alnum[m.text[at+1]] || m.text[at+1] == '"' || m.text[at+1] == '\'')
}

var escapes = map[string]byte{"2F": '/', "2B": '+'}

// secretLike reports whether 40 characters are as random as a key of AWS: a path, a digest or a name is not. One key in a thousand has no
// digit.
func secretLike(s string) bool {
	changes, lower, upper, digits := kinds(s)
	return lower && upper && changes >= 13 && (digits || changes >= 17) && entropy(s) >= 4.2 && !hexadecimal.all(s) && !made(s)
}

// secretKey is what stands behind a name such as AWS_SECRET_ACCESS_KEY, fs.s3a.bucket.B.secret.key or SecretKey: on its line, or on
// one of the two below it as the next thing.
func (m *matching) secretKey(start, end int) {
	name, _, after := m.nameAround(start, end)
	isSecret := strings.Contains(name, "secret") || strings.HasSuffix(name, "accesskey") || strings.HasSuffix(name, "awskey")
	if !isSecret {
		return
	}
	limit := min(after+nearName, len(m.text))
	for at, lines := after, 0; at < limit && lines < 3; lines++ {
		stop := bytes.IndexByte(m.text[at:limit], '\n')
		if stop < 0 {
			stop = limit
		} else {
			stop += at
		}
		if from, to, value := m.secretIn(at, stop); value != "" {
			if isReference(name) || lines > 0 && !m.continues(at, from) || digestBefore(m.text[at:from]) {
				return
			}
			rule := ruleAWSSecret
			if foreign(name) {
				rule = ruleNamed
			}
			m.hits = append(m.hits, hit{rule: rule, start: from, stop: to, value: value})
			return
		}
		at = stop + 1
	}
	if strings.HasSuffix(name, "key") || strings.HasSuffix(name, "secret") || strings.HasSuffix(name, "token") {
		m.named(start, end)
	}
}

// foreign are names of other services' secrets that may be as long.
func foreign(name string) bool {
	return strings.Contains(name, "client") || strings.Contains(name, "consumer") || strings.Contains(name, "webhook") || strings.Contains(name, "app")
}

// valueWords are names under which the value of the name before stands.
var valueWords = []string{"value", "val", "default", "defaultvalue", "secret", "content", "data", "string", "stringvalue", "secretkey", "key"}

// continues reports whether what stands on a line before a value leaves it to be that of a name further up: no other name is there.
func (m *matching) continues(start, value int) bool {
	before := bytes.TrimRight(m.text[start:value], " \t\"'`\\=:>,([{-|")
	if len(bytes.Trim(before, " \t\"'`\\<>()[]{}|,#/*-")) == 0 {
		return true
	}
	first := identifier.before(before, len(before), 200)
	name := squashed(string(before[first:]))
	for _, w := range valueWords {
		if name == w || strings.HasSuffix(name, w) {
			return true
		}
	}
	return false
}

// digestBefore reports whether a value is introduced as a digest.
func digestBefore(text []byte) bool {
	tail := strings.ToLower(string(text[max(0, len(text)-12):]))
	return strings.Contains(tail, "sha") && strings.HasSuffix(strings.TrimRight(tail, "0123456789"), "-") || strings.HasSuffix(tail, "etag=")
}
