package render

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
)

// context says how a provider gets its context provider, which what is written may not know yet.
func (c *comment) context(p desired.Provider, what string) {
	switch {
	case p.Context == nil:
		return
	case p.Context.Needed:
		c.say("Its trust policies have conditions on claims that only a context provider makes visible: without it, nobody is let in by them.", "")
	default:
		c.say("So that sessions carry who signed in, in a way the caller can't forge, give it a context provider; nothing fails without it.", "")
	}
	c.say(what+" may not have it yet. This sets it afterwards, and was never run against AWS:", "")
	for _, line := range ContextCommand(p) {
		c.command(line)
	}
}

// ContextCommand are the lines of what gives a provider its context provider, by AWS's command line:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProvider.html
func ContextCommand(p desired.Provider) []string {
	return []string{
		`aws iam update-open-id-connect-provider \`,
		`  --open-id-connect-provider-arn ` + shellWord(p.ARN) + ` \`,
		`  --context-provider ` + shellWord(ContextJSON(p.Context)),
	}
}

// shellWord quotes a word for a shell where it is not a plain one.
func shellWord(word string) string {
	if strings.IndexFunc(word, func(r rune) bool { return !letter(r) && !digit(r) && !strings.ContainsRune("/:._-", r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
