package accessmap

import (
	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

const (
	// maxArgv bounds a command, in words.
	maxArgv        = 32
	programPattern = `^([A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$|/[^/]|[A-Za-z]:[\\/][^\\/])`
)

var (
	variableForm = &form{
		pattern: `^[A-Za-z_][A-Za-z0-9_]{0,127}$`,
		wrong:   "is not the name of an environment variable: letters, digits and _, not beginning with a digit",
	}
	// Absolute, of Windows or any other system: what a relative path means depends on where a program happens to be
	// started. Not \\server\share, which would have others' code run.
	pathForm = &form{
		pattern: `^(/[^/]|[A-Za-z]:[\\/][^\\/])`, check: checkPrintable,
		wrong: "is not an absolute path",
	}
	// A program's name, to be looked for where programs are, or its absolute path.
	programForm = &form{
		pattern: programPattern, check: checkPrintable,
		wrong: "is neither the name of a program nor an absolute path",
	}
	argumentForm = &form{check: checkPrintable}
	argvForm     = &form{schema: schema{
		Type: "array", MinItems: 1, MaxItems: maxArgv,
		PrefixItems: []schema{{Type: "string", Pattern: programPattern}},
		Items:       &schema{Type: "string", MaxLength: maxText},
	}}
)

var tokenFields = []field[idp.TokenSource]{
	{"from", required, &form{words: idp.TokenSources}, func(v value, t *idp.TokenSource) { t.From = v.text() },
		"github-actions asks the job's own endpoint, file reads path, env the variable name, command runs argv, " +
			"aws asks STS in region for a token with the credentials that AWS gives the workload."},
	{"audience", required, audienceForm, func(v value, t *idp.TokenSource) { t.Audience = v.text() },
		"Who the token is for: the audience that the trust policy of the IAM roles requires."},
	{"path", optional, pathForm, func(v value, t *idp.TokenSource) { t.Path = v.text() },
		"Absolute path of the file; it is read again on every use."},
	{"name", optional, variableForm, func(v value, t *idp.TokenSource) { t.Name = v.text() },
		"Name of the environment variable."},
	{"argv", optional, argvForm, readArgv,
		"The program, by its name or absolute path, and its arguments. No shell sees them."},
	{"region", optional, regionForm, func(v value, t *idp.TokenSource) { t.Region = v.text() },
		"Region of the STS that is asked."},
}

// sourceKeys are the keys that a token's source has besides from and audience, which all have.
func sourceKeys(from string) []string {
	return map[string][]string{idp.FromFile: {"path"}, idp.FromEnv: {"name"}, idp.FromCommand: {"argv"}, idp.FromAWS: {"region"}}[from]
}

// tokenSchema says which keys each source has.
func tokenSchema() schema {
	s := objectOf(aboutToken, tokenFields)
	for _, from := range idp.TokenSources() {
		one := only(tokenFields, variant{needs: sourceKeys(from)})
		one.Properties = append(one.Properties, member{"from", schema{Const: from}})
		s.OneOf = append(s.OneOf, one)
	}
	return s
}

func readToken(v value, i *Identity) {
	i.Token = &idp.TokenSource{}
	what := "token of identity " + i.Name
	o := read(v.decoder, v.node, what, place(v.node), tokenFields, i.Token)
	if o != nil && i.Token.From != "" {
		o.hold(variant{is: "from " + i.Token.From, needs: sourceKeys(i.Token.From)})
	}
}

// readArgv reads a command: the program and its arguments, none of which a shell ever sees.
func readArgv(v value, t *idp.TokenSource) {
	switch n := len(v.node.Content); {
	case v.node.Kind != yaml.SequenceNode:
		v.wrong("expected a list, as in [program, argument], found %s", kindOf(v.node))
		return
	case n == 0 || n > maxArgv:
		v.wrong("expected a program and up to %d arguments, found %d words", maxArgv-1, n)
		return
	}
	program, arguments := v.node.Content[0], v.node.Content[1:]
	t.Argv = append(t.Argv, (value{v.decoder, v.key, program, programForm, ""}).text())
	for _, argument := range arguments {
		t.Argv = append(t.Argv, (value{v.decoder, v.key, argument, argumentForm, ""}).text())
	}
}
