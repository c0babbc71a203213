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
	// Absolute, of Windows or any other system: what a relative path means depends on where a program happens to be started.
	// Not \\server\share, which would have others' code run.
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
	{"from", required, &form{words: idp.TokenSources}, func(d *decoder, v value, t *idp.TokenSource) { t.From = d.text(v) },
		"github-actions asks the job's own endpoint, file reads path, env the variable name, command runs argv, " +
			"aws asks STS in region for a token with the credentials that AWS gives the machine."},
	{"audience", required, audienceForm, func(d *decoder, v value, t *idp.TokenSource) { t.Audience = d.text(v) },
		"Whom the token is for: what the trust policy of the IAM roles wants to see."},
	{"path", optional, pathForm, func(d *decoder, v value, t *idp.TokenSource) { t.Path = d.text(v) },
		"Absolute path of the file; it is read again on every use."},
	{"name", optional, variableForm, func(d *decoder, v value, t *idp.TokenSource) { t.Name = d.text(v) },
		"Name of the environment variable."},
	{"argv", optional, argvForm, readArgv,
		"The program, by its name or absolute path, and its arguments. No shell sees them."},
	{"region", optional, regionForm, func(d *decoder, v value, t *idp.TokenSource) { t.Region = d.text(v) },
		"Region of the STS that is asked."},
}

// sourceKeys are the keys that a token's source has besides from and audience, which all have.
func sourceKeys(from string) []string {
	return map[string][]string{idp.FromFile: {"path"}, idp.FromEnv: {"name"}, idp.FromCommand: {"argv"}, idp.FromAWS: {"region"}}[from]
}

// tokenSchema says which keys each source has.
func tokenSchema() schema {
	s := objectOf("Where a machine has its token from, without anybody signing in.", tokenFields)
	for _, from := range idp.TokenSources() {
		one := only(tokenFields, variant{needs: sourceKeys(from)})
		one.Properties = append(one.Properties, member{"from", schema{Const: from}})
		s.OneOf = append(s.OneOf, one)
	}
	return s
}

func readToken(d *decoder, v value, i *Identity) {
	i.Token = &idp.TokenSource{}
	what := "token of identity " + i.Name
	found := object(d, v.node, what, place(v.node), tokenFields, i.Token)
	if found != nil && i.Token.From != "" {
		hold(d, what, place(v.node), tokenFields, found, variant{is: "from " + i.Token.From, needs: sourceKeys(i.Token.From)})
	}
}

// readArgv reads a command: the program and its arguments, none of which a shell ever sees.
func readArgv(d *decoder, v value, t *idp.TokenSource) {
	switch n := len(v.node.Content); {
	case v.node.Kind != yaml.SequenceNode:
		d.add(place(v.node), "%s: expected a list, as in [program, argument], found %s", v.key, kindOf(v.node))
		return
	case n == 0 || n > maxArgv:
		d.add(place(v.node), "%s: expected a program and up to %d arguments, found %d words", v.key, maxArgv-1, n)
		return
	}
	program, arguments := v.node.Content[0], v.node.Content[1:]
	t.Argv = append(t.Argv, d.text(value{v.key, program, programForm}))
	for _, argument := range arguments {
		t.Argv = append(t.Argv, d.text(value{v.key, argument, argumentForm}))
	}
}
