package statickeys

import (
	"bytes"
	"strings"
)

// azureClient is a client secret of an Entra ID application: three characters, a digit, "Q~", 31 to 34 more.
func (m *matching) azureClient(start, end int) {
	if start < 4 || string(m.text[start:end]) != "Q~" || m.text[start-1] < '0' || m.text[start-1] > '9' {
		return
	}
	first, stop := start-4, microsoft.from(m.text, end, 40)
	if n := stop - end; n > 34 { // a full stop or a dash behind it belongs to the text
		return
	} else if n < 31 {
		return
	}
	for m.text[stop-1] == '.' && stop-end > 31 {
		stop--
	}
	value := string(m.text[first:stop])
	if !microsoft.all(value) || first > 0 && microsoft[m.text[first-1]] && m.text[first-1] != '-' && m.text[first-1] != '.' || entropy(value) < 3.5 || made(value) {
		return
	}
	m.found(ruleAzureClient, first, stop)
}

// azureKey is the key of a storage account: 64 bytes in base64.
func (m *matching) azureKey(_, end int) { m.padded(end, 86, "==", ruleAzureKey) }

// azureBus is a shared access key: 32 bytes in base64.
func (m *matching) azureBus(_, end int) { m.padded(end, 43, "=", ruleAzureBus) }

// padded is base64 of a fixed length with its padding, behind a name.
func (m *matching) padded(end, length int, padding, rule string) {
	limit := min(end+nearName, len(m.text))
	for at := end; at < limit; at++ {
		if !base64Std[m.text[at]] {
			continue
		}
		stop := base64Std.from(m.text, at, length+1)
		if stop-at == length && bytes.HasPrefix(m.text[stop:], []byte(padding)) {
			stop += len(padding)
			if value := string(m.text[at:stop]); entropy(value) >= 4 && !made(value) {
				m.found(rule, at, stop)
			}
			return
		}
		if stop-at > length {
			return
		}
		at = max(at, stop)
	}
}

// azureSAS is the signature of a shared access signature, which has its end and its permissions beside it.
func (m *matching) azureSAS(start, end int) {
	if start > 0 && alnum[m.text[start-1]] {
		return
	}
	stop := end
	for stop < len(m.text) && stop-end < 120 && (base64Std[m.text[stop]] || m.text[stop] == '%') {
		stop++
	}
	for n := 0; stop < len(m.text) && m.text[stop] == '=' && n < 1; n++ {
		stop++
	}
	value := string(m.text[end:stop])
	if !strings.HasSuffix(value, "=") && !strings.HasSuffix(strings.ToUpper(value), "%3D") || len(value) < 44 {
		return
	}
	around := string(m.text[max(0, start-400):min(len(m.text), stop+400)])
	has := func(option string) bool { return strings.Contains(around, option+"=") }
	if !has("se") || !has("sv") && !has("skn") && !has("sr") || entropy(value) < 4 {
		return
	}
	m.found(ruleAzureSAS, end, stop)
}

// pem is a private key (RFC 7468), with its lines in any form: also as \n of a string.
func (m *matching) pem(start, end int) {
	length := bytes.Index(m.text[end:min(end+60, len(m.text))], []byte("-----"))
	if length < 0 {
		return
	}
	label := string(m.text[end : end+length])
	if !strings.HasSuffix(label, "PRIVATE KEY") && label != "PGP PRIVATE KEY BLOCK" || strings.ToUpper(label) != label {
		return
	}
	body := end + length + 5
	stop := bytes.Index(m.text[body:min(body+20_000, len(m.text))], []byte("-----END"))
	if stop < 0 {
		stop = min(len(m.text)-body, 4000)
	}
	var value strings.Builder
	longest := 0
	for at := body; at < body+stop; {
		to := base64Std.from(m.text, at, stop)
		longest = max(longest, to-at)
		if to-at >= 16 || to-at > 0 && longest >= 16 && to-at > 1 {
			value.Write(m.text[at:to])
		}
		at = to + 1
	}
	if longest < 40 || value.Len() < 60 || entropy(value.String()) < 4 {
		return
	}
	m.hits = append(m.hits, hit{rule: rulePrivateKey, start: start, stop: min(body+stop, len(m.text)), value: value.String()})
}
