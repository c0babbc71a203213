package refusal

import (
	"regexp"
	"sync"
)

// grammar is what the forms are read with, on parts of a text whose length is bounded. The expressions in it are
// compiled when the first is needed: the program starts thousands of times a day for other things.
type grammar struct {
	arrowPlace, s3URI, uploaded, callParameters, webAddress, javaRequest, javaModel, httpMethod, requestLine, s3aLine, doingWith *regexp.Regexp
	privilege, required, owned, permitted, permittedTo, bare, who                                                                *regexp.Regexp
}

var expressions = sync.OnceValue(compiled)

func compiled() *grammar {
	const (
		bucket     = `[A-Za-z0-9][A-Za-z0-9._-]{2,}`
		privileges = `([A-Z][A-Z_]+(?:[ _,/]+[A-Z][A-Z_]*)*)\s*(?:permissions?|privileges?)?`
		known      = `SELECT|MODIFY|USE CATALOG|USE SCHEMA|USAGE|READ FILES|WRITE FILES|READ VOLUME|WRITE VOLUME|EXECUTE|MANAGE|BROWSE|EXTERNAL USE SCHEMA|EXTERNAL USE LOCATION|CREATE [A-Z ]*[A-Z]|ALL PRIVILEGES|APPLY TAG|REFRESH`
		// securable is a type and a name, which may be quoted or missing.
		securable = `(any file|anonymous function|[A-Za-z]+(?: (?:[Ll]ocation|[Cc]redential|[Vv]iew|[Tt]able|[Cc]atalog|[Rr]oom|[Mm]odel|or Model|[Ff]unction))?)` +
			`(?:\s*[:=]?\s*(?:('[^']+'(?:\.'[^']+')*)|"([^"]+)"|(\x60[^\x60]+\x60(?:\.\x60[^\x60]+\x60)*)|([A-Za-z0-9_][A-Za-z0-9_.-]*)))?`
	)
	return &grammar{
		arrowPlace: regexp.MustCompile(`(?:key '([^']+)' in )?bucket '(` + bucket + `)'`),
		s3URI:      regexp.MustCompile(`s3[an]?://[^\s"'<>,;|\x60\\]+`),
		uploaded:   regexp.MustCompile(`(?i)failed to upload .+? to (` + bucket + `)/(.+?):(?: |$)`),
		callParameters: regexp.MustCompile(`["']?Bucket["']?\s*[:=]\s*["'](` + bucket + `)["']` +
			`(?:[^{}]*?["']?\b(?:Key|Prefix)["']?\s*[:=]\s*["']([^"']+)["'])?`),
		webAddress:  regexp.MustCompile(`https?://[^\s"'<>\\\x60]+`),
		javaRequest: regexp.MustCompile(`request: (GET|PUT|POST|HEAD|DELETE) (https?://\S+)(?: ([^{]*?))? ?\{`),
		javaModel:   regexp.MustCompile(`\.model\.([A-Z][A-Za-z0-9]+)Request\b`),
		httpMethod:  regexp.MustCompile(`\b(GET|PUT|POST|HEAD|DELETE|(?:get|put|post|head|delete) request)\b`),
		requestLine: regexp.MustCompile(`(GET|PUT|POST|HEAD|DELETE) (/\S*) HTTP/[12][.\d]* .*?[Hh]ost: ([A-Za-z0-9.:-]+)`),
		s3aLine:     regexp.MustCompile(`^:? ?(s3[an]?://.+?): (?:([A-Za-z0-9][A-Za-z0-9 #-]*?)(?:\(\))?(?: s3[an]?://.+?)?(?: at \d+)? on )?`),
		doingWith:   regexp.MustCompile(`(?i)(read|open|list|writ|upload|delet|remov)[a-z]*(?: [a-z]+){0,4}:? ?['"(]*$`),
		bare:        regexp.MustCompile(`^(?:permission |privilege )?(` + known + `)\b(?: (?:permission|privilege))?(?: on ([\x60'"A-Za-z0-9_.-]+))?`),
		permittedTo: regexp.MustCompile(`^permissions? to ([a-z]+) (?:the |this )?([a-z]+(?: [A-Za-z0-9@._/-]*[0-9][A-Za-z0-9@._/-]*)?)`),

		privilege: regexp.MustCompile(`^(?:(?:the )?(?:required )?(?:permissions?|privileges?) )?:?\s*` + privileges + `\s*(?:on|for)\s+(?:the\s+)?` + securable),
		required:  regexp.MustCompile(`^:?\s*` + privileges + `\s*on\s+(?:the\s+)?` + securable),
		owned:     regexp.MustCompile(`^(?:the\s+)?` + securable),
		permitted: regexp.MustCompile(`^(?:the )?([A-Z][A-Za-z_]+(?: [A-Z][A-Za-z_]+)?) (?:permissions?|access|privileges?) (?:on|to|for) (?:the )?((?:[a-z]+ )?[A-Za-z0-9@_/-][A-Za-z0-9@._/-]*)`),
		who:       regexp.MustCompile(`['"\x60]?([A-Za-z0-9][A-Za-z0-9@._+-]+)['"\x60]?\s*$`),
	}
}
