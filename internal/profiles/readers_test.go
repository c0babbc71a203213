package profiles

import (
	"regexp"
	"strings"
)

// sdkReaders read a section as the SDKs for Go (ini.v1 with SpaceBeforeInlineComment) and JavaScript do, in what matters
// to lines like ours. ok is false where the SDK takes the whole file for broken.
func sdkReaders() map[string]func(file, section string) (values map[string]string, ok bool) {
	return map[string]func(file, section string) (map[string]string, bool){"Go": readAsGo, "JavaScript": readAsJavaScript}
}

func readAsGo(file, section string) (map[string]string, bool) {
	values, name := map[string]string{}, ""
	lines := strings.Split(strings.TrimPrefix(file, byteOrderMark), "\n")
	for i := 0; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i])
		switch {
		case text == "" || strings.ContainsAny(text[:1], "#;"):
			continue
		case text[0] == '[':
			end := strings.LastIndex(text, "]")
			if end < 2 {
				return nil, false
			}
			name = text[1:end]
			continue
		}
		at := strings.IndexAny(text, "=:")
		if at < 1 || strings.ContainsAny(text[:1], "\"`") || strings.ContainsAny(text[at+1:], "\"`") {
			return nil, false // broken, or quotes over several lines
		}
		value := strings.TrimSpace(text[at+1:])
		for strings.HasSuffix(value, `\`) && i+1 < len(lines) {
			i++
			next := strings.TrimSpace(lines[i])
			value = strings.TrimSuffix(value, `\`) + next
			if next == "" {
				break
			}
		}
		value = withoutComment(value)
		if name == section {
			values[strings.TrimSpace(text[:at])] = value
		}
	}
	return values, true
}

func readAsJavaScript(file, section string) (map[string]string, bool) {
	values, name := map[string]string{}, ""
	for line := range strings.SplitSeq(strings.TrimPrefix(file, byteOrderMark), "\n") {
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.ContainsAny(text[:1], "#;"):
			continue
		case text[0] == '[' && text[len(text)-1] == ']':
			if name = strings.TrimSpace(text[1 : len(text)-1]); name == section {
				clear(values)
			}
			continue
		}
		if key, value, ok := strings.Cut(text, "="); ok && name == section {
			values[strings.TrimSpace(key)] = withoutComment(strings.TrimSpace(value))
		}
	}
	return values, true
}

// withoutComment drops a comment behind a value, as both SDKs do.
func withoutComment(value string) string {
	if at := inlineComment.FindStringIndex(value); at != nil {
		return strings.TrimSpace(value[:at[0]])
	}
	return value
}

var inlineComment = regexp.MustCompile(`[ \t][#;]`)
