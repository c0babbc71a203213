package place

import (
	"errors"
	"runtime"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Bounds of a command, as those of a token's command in the map.
const maxWords = 32

// split makes words of a command as a shell does, with its quotes and backslashes, and no more: what a shell would work out
// or start is an error, since no shell reads it.
func split(text string) ([]string, error) {
	var (
		words  []string
		word   strings.Builder
		inWord bool
		quote  rune // '\'' or '"'; 0 outside
	)
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case r < ' ' && r != '\t' || r == 0x7f:
			return nil, errors.New("it holds control characters")
		case quote == '\'':
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '$' || r == '`':
			return nil, errors.New("no shell reads it, so " + string(r) + " has no meaning outside of single quotes")
		case r == '\\' && runtime.GOOS != "windows": // there it stands in paths
			if i++; i == len(runes) {
				return nil, errors.New("it ends in a backslash")
			}
			if quote == '"' && !strings.ContainsRune("\"\\$`", runes[i]) {
				word.WriteRune('\\')
			}
			word.WriteRune(runes[i])
			inWord = true
		case r == '\'' || r == '"':
			switch quote {
			case r:
				quote = 0
			case 0:
				quote, inWord = r, true
			default:
				word.WriteRune(r)
			}
		case quote != 0:
			word.WriteRune(r)
		case r == ' ' || r == '\t':
			if inWord {
				words, inWord = append(words, word.String()), false
				word.Reset()
			}
		case strings.ContainsRune("|&;<>()", r):
			return nil, errors.New("no shell reads it, so " + string(r) + " has no meaning outside of quotes")
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// join is the one spelling of words, which split reads.
func join(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		if quoted[i] = word; !ui.IsPlain(word, "_./+-:=,@%") {
			quoted[i] = ui.Quote(word)
		}
		if runtime.GOOS == "windows" && strings.Contains(word, "'") {
			quoted[i] = `"` + word + `"` // a backslash quotes nothing there
		}
	}
	return strings.Join(quoted, " ")
}
