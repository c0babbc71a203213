package accessmap

import (
	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/idp"
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
		pattern: `^([A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$|/[^/]|[A-Za-z]:[\\/][^\\/])`, check: checkPrintable,
		wrong: "is neither the name of a program nor an absolute path",
	}
	printableForm = &form{check: checkPrintable}
)

var tokenFields = []field[idp.TokenSource]{
	{"from", required, &form{words: idp.TokenSources}, func(d *decoder, v value, t *idp.TokenSource) { t.From = d.text(v) }},
	{"audience", required, audienceForm, func(d *decoder, v value, t *idp.TokenSource) { t.Audience = d.text(v) }},
	{"path", optional, pathForm, func(d *decoder, v value, t *idp.TokenSource) { t.Path = d.text(v) }},
	{"name", optional, variableForm, func(d *decoder, v value, t *idp.TokenSource) { t.Name = d.text(v) }},
	{"argv", optional, &form{each: printableForm}, readArgv},
	{"region", optional, regionForm, func(d *decoder, v value, t *idp.TokenSource) { t.Region = d.text(v) }},
}

// sourceKeys are the keys that a token's source has besides from and audience, which all have.
func sourceKeys(from string) []string {
	switch from {
	case idp.FromFile:
		return []string{"path"}
	case idp.FromEnv:
		return []string{"name"}
	case idp.FromCommand:
		return []string{"argv"}
	case idp.FromAWS:
		return []string{"region"}
	default:
		return nil
	}
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
	const most = 32
	switch n := len(v.node.Content); {
	case v.node.Kind != yaml.SequenceNode:
		d.add(place(v.node), "%s: expected a list, as in [program, argument], found %s", v.key, kindOf(v.node))
		return
	case n == 0 || n > most:
		d.add(place(v.node), "%s: expected a program and up to %d arguments, found %d words", v.key, most-1, n)
		return
	}
	program, arguments := v.node.Content[0], v.node.Content[1:]
	t.Argv = append(t.Argv, d.text(value{v.key, program, programForm}))
	for _, argument := range arguments {
		t.Argv = append(t.Argv, d.text(v.of(v.key, argument)))
	}
}
