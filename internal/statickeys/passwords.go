package statickeys

import (
	"bytes"
	"net/url"
	"strings"
)

// password is what is given to a name that ends in password, or to the option of that name.
func (m *matching) password(start, end int) {
	name, first, after := m.nameAround(start, end)
	isOption := m.isOption(first)
	if name = strings.TrimSuffix(strings.TrimSuffix(name, "value"), "default"); !strings.HasSuffix(name, "password") && !strings.HasSuffix(name, "passwd") &&
		!strings.HasSuffix(name, "pwd") && !strings.HasSuffix(name, "passphrase") {
		return
	}
	v, ok := m.valueAfter(after)
	if !ok {
		return
	}
	value := string(m.text[v.start:v.stop])
	if standsIn(value) || strings.ContainsAny(value, " \t") || strings.HasSuffix(name, "pwd") && isDirectory(value) {
		return
	}
	if isOption && v.quoted {
		m.found(ruleJDBC, v.start, v.stop)
		return
	}
	if !v.quoted && (!m.config || v.argument) && !convincing(value, true) || !convincing(value, false) {
		return
	}
	m.found(rulePassword, v.start, v.stop)
}

// isDirectory reports whether a value is what shells keep in PWD and OLDPWD.
func isDirectory(value string) bool {
	return value[0] == '/' || value[0] == '~' || len(value) > 2 && (value[1:3] == ":\\" || value[1:3] == ":/")
}

// isOption reports whether a name stands as that of an option of Spark: .option("password", …).
func (m *matching) isOption(first int) bool {
	before := bytes.TrimRight(m.text[max(0, first-12):first], "\"'\\ ")
	return bytes.HasSuffix(bytes.ToLower(before), []byte("option("))
}

// convincing reports whether a value is like a password that somebody was given or made, and not a word of a program. bare is one
// without quotes, which in code may be a name.
func convincing(value string, bare bool) bool {
	if len(value) < 8 || len(value) > 256 || isUUID(value) && bare {
		return false
	}
	_, lower, upper, digits := kinds(value)
	letters := lower || upper
	sign := strings.IndexFunc(value, func(r rune) bool { return r < 0x80 && !identifier[r] }) >= 0
	if bare && (strings.ContainsAny(value, "()[]{}<>|") || strings.HasPrefix(value, "/") || strings.HasPrefix(value, "./") || value[0] == '*' || value[0] == '&') {
		return false // a call, a path, a type
	}
	if isConstant(value) {
		return false
	}
	if strings.HasPrefix(value, "http") && strings.Contains(value, "://") || strings.HasPrefix(value, "$2") || strings.HasPrefix(value, "pbkdf2") {
		return false
	}
	return letters && digits || lower && upper && sign
}

// isConstant reports whether a value is a name of several words in capitals, as those of an enumeration are: OAUTH2_CLIENT_CREDENTIALS.
func isConstant(value string) bool {
	digits, parts := 0, 0
	for i := range len(value) {
		switch c := value[i]; {
		case '0' <= c && c <= '9':
			digits++
		case c == '_':
			parts++
		case c < 'A' || c > 'Z':
			return false
		}
	}
	return parts > 0 && digits <= len(value)/8
}

// named is what is given to a name such as client_secret or api_key, if it is as random as a key.
func (m *matching) named(start, end int) {
	name, first, after := m.nameAround(start, end)
	if !secretName(name) || isReference(name) || bytes.Contains(m.text[max(0, first-60):first], []byte(":secretsmanager:")) { // an ARN has secret:NAME
		return
	}
	v, ok := m.valueAfter(after)
	if !ok {
		return
	}
	value := string(m.text[v.start:v.stop])
	if !v.quoted && !m.config && (v.argument || strings.ContainsAny(value, "()[]{}.")) || strings.HasPrefix(value, "eyJ") || isUUID(value) || standsIn(value) || isConstant(value) {
		return
	}
	changes, _, _, digits := kinds(value)
	if len(value) < 20 || len(value) > 200 || !digits || changes < len(value)/6 || made(value) || strings.ContainsAny(value, " \t,;:") ||
		entropy(value) < 3.5 && !(hexadecimal.all(value) && entropy(value) >= 3) {
		return
	}
	m.found(ruleNamed, v.start, v.stop)
}

// secretName reports whether a squashed name is that of a secret of a program, which pages, runs and requests don't have.
func secretName(name string) bool {
	for _, end := range []string{"clientsecret", "appsecret", "consumersecret", "apisecret", "secretkey", "secretaccesskey", "secrettoken", "apikey", "authtoken", "privatetoken", "personalaccesstoken", "apitoken", "signingkey", "accesstoken", "webhooksecret"} {
		if strings.HasSuffix(name, end) || strings.HasSuffix(name, end+"value") || strings.HasSuffix(name, end+"default") {
			return true
		}
	}
	return name == "secret"
}

// wandb is a key of Weights & Biases: 40 hexadecimal digits, known by the name alone (https://docs.wandb.ai/guides/track/environment-variables).
func (m *matching) wandb(_, end int) {
	limit := min(end+60, len(m.text))
	for at := end; at < limit; at++ {
		if !alnum[m.text[at]] || at > 0 && alnum[m.text[at-1]] {
			continue
		}
		stop := hexadecimal.from(m.text, at, 41)
		if stop-at == 40 && (stop == len(m.text) || !alnum[m.text[stop]]) {
			between := strings.ToLower(string(m.text[max(0, end-8):at]))
			if strings.ContainsAny(between, "\n\r") || !strings.Contains(between, "key") && !strings.Contains(between, "login") {
				return
			}
			if value := string(m.text[at:stop]); !made(value) && entropy(value) >= 3 {
				m.found(ruleWandB, at, stop)
			}
			return
		}
	}
}

// url is a password in a URL: scheme://user:password@host.
func (m *matching) url(start, end int) {
	scheme := lowered(string(m.text[identifier.before(m.text, start, 20):start]))
	limit := min(end+maxValue, len(m.text))
	at, colon := end, -1
	for ; at < limit && m.text[at] != '@'; at++ {
		switch c := m.text[at]; {
		case c == ':' && colon < 0:
			colon = at
		case c <= ' ', c == '"', c == '\'', c == '<', c == '>', c == '\\', c == '`', c == '/', c == '?', c == '#', c == ',':
			return
		}
	}
	if at >= limit || colon < 0 || at == colon+1 {
		return
	}
	user, written := string(m.text[end:colon]), string(m.text[colon+1:at])
	value, err := url.PathUnescape(written)
	if err != nil {
		value = written
	}
	host := lowered(string(m.text[at+1 : wordDot.from(m.text, at+1, 100)]))
	if len(value) < 6 || standsIn(value) || value == user || strings.HasPrefix(scheme, "s3") && len(value) != secretLength ||
		host == "localhost" || strings.HasPrefix(host, "127.") || strings.HasSuffix(host, "example.com") || strings.HasSuffix(host, "example.org") || host == "" {
		return
	}
	if _, lower, upper, digits := kinds(value); !digits && (!lower || !upper) && len(value) < 12 {
		return // a word, such as user:password
	}
	m.hits = append(m.hits, hit{rule: ruleURL, start: colon + 1, stop: at, value: value})
}

// jdbc is a password in a JDBC URL, as an option or before the host. An & may be written as in XML, or as in JSON.
func (m *matching) jdbc(start, end int) {
	limit := min(end+2000, len(m.text))
	stop := end
	for stop < limit && m.text[stop] > ' ' && m.text[stop] != '"' && m.text[stop] != '\'' && m.text[stop] != '`' && m.text[stop] != '<' {
		stop++
	}
	address := m.text[start:stop]
	lower := bytes.ToLower(address)
	for _, option := range []string{"password=", "pwd="} {
		for from := 0; ; {
			at := bytes.Index(lower[from:], []byte(option))
			if at < 0 {
				break
			}
			at += from
			from = at + len(option)
			if at > 0 && bytes.IndexByte([]byte("?;&:,"), lower[at-1]) < 0 && !bytes.HasSuffix(lower[:at], []byte("u0026")) {
				continue
			}
			to := bytes.IndexAny(address[from:], "&;,)}\\")
			if to < 0 {
				to = len(address)
			} else {
				to += from
			}
			value := string(address[from:to])
			if len(value) >= 3 && !standsIn(value) {
				m.found(ruleJDBC, start+from, start+to)
			}
		}
	}
	// jdbc:oracle:thin:user/password@host
	if at := bytes.IndexByte(lower, '@'); at > 0 && bytes.HasPrefix(lower, []byte("jdbc:oracle:thin:")) {
		if slash := bytes.IndexByte(address[:at], '/'); slash > 0 && at > slash+3 && !standsIn(string(address[slash+1:at])) {
			m.found(ruleJDBC, start+slash+1, start+at)
		}
	}
}
