package accessmap

import (
	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

var tokenFields = []field[idp.TokenSource]{
	{"from", required, func(d *decoder, v value, t *idp.TokenSource) {
		t.From = d.text(v, oneOf(idp.TokenSources()...))
	}},
	{"audience", required, func(d *decoder, v value, t *idp.TokenSource) { t.Audience = d.text(v, checkAudience) }},
	{"path", optional, func(d *decoder, v value, t *idp.TokenSource) { t.Path = d.text(v, checkPath) }},
	{"name", optional, func(d *decoder, v value, t *idp.TokenSource) { t.Name = d.text(v, checkVariable) }},
	{"argv", optional, readArgv},
	{"region", optional, func(d *decoder, v value, t *idp.TokenSource) { t.Region = d.text(v, checkRegion) }},
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
	check := checkProgram
	for _, word := range v.node.Content {
		t.Argv = append(t.Argv, d.text(value{v.key, word}, check))
		check = checkArgument
	}
}
