package statickeys

import (
	"bytes"
	"strings"
)

// squashed is a name in lower case without what separates its words.
func squashed(name string) string {
	b := make([]byte, 0, len(name))
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if alnum[c] {
			b = append(b, c)
		}
	}
	return string(b)
}

// nameAround is the whole name, squashed, that a word of it was found in, and where it begins and ends. The words of a column's title are
// one name.
func (m *matching) nameAround(start, end int) (name string, first, after int) {
	first, after = identifier.before(m.text, start, 100), identifier.from(m.text, end, 100)
	for _, next := range []string{" access key", " key", " Access Key", " Access key", " Key"} {
		if bytes.HasPrefix(m.text[after:], []byte(next)) {
			after += len(next)
			break
		}
	}
	name = string(m.text[first:after])
	for name != "" && (name[len(name)-1] == '.' || name[len(name)-1] == '-') {
		name = name[:len(name)-1]
	}
	return squashed(name), first, after
}

// isReference reports whether a name is that of where a secret is, or of what is said about it, not of the secret.
func isReference(name string) bool {
	for _, end := range []string{"name", "names", "arn", "id", "ids", "path", "file", "filename", "scope", "version", "versionid", "ref", "uri", "url", "hash", "length", "type", "field", "label", "prompt", "policy", "manager", "rotation", "lastfour", "hint", "provider", "store", "env", "var", "expiry", "expires", "count", "placeholder", "digest", "sha", "fingerprint", "etag", "command"} {
		if strings.HasSuffix(name, end) {
			// …_valid, …_uuid end so, too; nothing is lost by them.
			return true
		}
	}
	return false
}

// literal is the value that is assigned to the name that ends before an offset.
type literal struct {
	start, stop int
	quoted      bool
	argument    bool // of a program, or of a line as in netrc: no sign stands between
}

// maxValue bounds a literal, in bytes.
const maxValue = 512

// valueAfter is what a name is given: NAME = "V", NAME: V, "NAME", "V", --NAME V, <name>NAME</name><value>V</value>, NAME on one line and
// its value on the next. ok is false where there is nothing of the kind, or no end of it.
func (m *matching) valueAfter(after int) (v literal, ok bool) {
	t := m.text
	at := m.skip(after, "\"'`\\)] \t")
	closed := bytes.ContainsAny(t[after:at], "\"'") // a list in backticks is one of words, as in a changelog
	sign := false
	switch {
	case at >= len(t):
		return v, false
	case t[at] == '<': // </name><value>, or </password>, of which nothing stands behind
		next := bytes.IndexByte(t[at:min(at+400, len(t))], '>')
		if next < 0 || at+1 < len(t) && t[at+1] != '/' {
			return v, false
		}
		at = m.skip(at+next+1, " \t\r\n")
		if rest := t[at:]; !bytes.HasPrefix(rest, []byte("<value>")) && !bytes.HasPrefix(rest, []byte("<string>")) {
			return v, false
		}
		at += bytes.IndexByte(t[at:], '>') + 1
		return m.until(at, "<\n")
	case t[at] == '>': // <password>V
		return m.until(at+1, "<\n")
	case t[at] == ':' || t[at] == '=':
		sign = true
		at = m.skip(at, ":=>")
	case t[at] == ',' && closed:
		sign = true
		at++
	case t[at] == '\n' || t[at] == '\r':
		return m.valueBelow(at)
	case at == after:
		return v, false
	}
	at = m.skip(at, " \t")
	if sign && at < len(t) && (t[at] == '\r' || t[at] == '\n' || t[at] == '|') && !m.config {
		at = m.skip(at, " \t\r\n|\\(")
	}
	v, ok = m.literalAt(at)
	v.argument = !sign
	return v, ok
}

// valueBelow is the value of a name that is itself a value, as in {"name": NAME, "value": V}.
func (m *matching) valueBelow(at int) (v literal, ok bool) {
	at = m.skip(at, "\r\n \t-,\"'")
	end := identifier.from(m.text, at, 300)
	for end < len(m.text) && (m.text[end] == '[' || m.text[end] == ']' || identifier[m.text[end]]) && end-at < 300 {
		end++
	}
	name := squashed(string(m.text[at:end]))
	if name == "" || !strings.HasSuffix(name, "value") && !strings.HasSuffix(name, "default") {
		return v, false
	}
	at = m.skip(end, "\"' \t")
	if at >= len(m.text) || m.text[at] != ':' && m.text[at] != '=' {
		return v, false
	}
	return m.literalAt(m.skip(at, ":= \t"))
}

// skip goes over any of these bytes, a hundred at most.
func (m *matching) skip(at int, set string) int {
	for end := min(at+100, len(m.text)); at < end && strings.IndexByte(set, m.text[at]) >= 0; at++ { //nolint:revive // the loop is what it does
	}
	return at
}

// literalAt is the literal that begins at an offset: in quotes, as they may be escaped, or up to white space.
func (m *matching) literalAt(at int) (v literal, ok bool) {
	t := m.text
	// f"…", r'…', b"…"
	if at+1 < len(t) && strings.IndexByte("rRbBuUsS", t[at]) >= 0 && (t[at+1] == '"' || t[at+1] == '\'') {
		at++
	}
	escaped := at+1 < len(t) && t[at] == '\\' && (t[at+1] == '"' || t[at+1] == '\'')
	if escaped {
		at++
	}
	if at >= len(t) {
		return v, false
	}
	if quote := t[at]; quote == '"' || quote == '\'' || quote == '`' {
		for at < len(t) && t[at] == quote && !escaped { // also """
			at++
			if at < len(t) && t[at] != quote {
				break
			}
		}
		if escaped {
			at++
		}
		v, ok = m.until(at, string(quote)+"\n")
		if !ok || v.stop >= len(t) || t[v.stop] != quote {
			return v, false
		}
		if escaped && v.stop > v.start && t[v.stop-1] == '\\' {
			v.stop--
		}
		v.quoted = true
		return v, v.stop > v.start
	}
	stops := " \t\r\n\"'`<>,;)"
	if m.config {
		stops = " \t\r\n\"'"
	}
	v, ok = m.until(at, stops)
	for next := at; ok && next < v.stop; next++ { // a form: NAME=V&NAME=V
		if t[next] != '&' {
			continue
		}
		if end := identifier.from(t, next+1, 100); end > next+1 && end < v.stop && t[end] == '=' {
			v.stop = next
			return v, v.stop > v.start
		}
	}
	return v, ok
}

// until is what stands up to the first of these bytes, or the end of the text.
func (m *matching) until(at int, stops string) (v literal, ok bool) {
	end := min(at+maxValue, len(m.text))
	stop := bytes.IndexAny(m.text[min(at, end):end], stops)
	switch {
	case stop >= 0:
		stop += at
	case end == len(m.text):
		stop = end
	default:
		return v, false
	}
	return literal{start: at, stop: stop}, stop > at
}
