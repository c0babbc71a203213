package mapcmd

import (
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxClaims bounds a file of claims, in bytes: an ID token that AWS takes has 20,000 characters at most.
const maxClaims = 1 << 16

// inputOnce refuses to read both the map and the claims from standard input.
func inputOnce(file, claims string) error {
	if file != "-" || claims != "-" {
		return nil
	}
	return ui.Errorf("input-twice", ui.Usage, "standard input can be the claims or the map, not both").With(ui.Advice("name a file for one of them"))
}

// claimsFrom reads a file of claims; nil where none is named.
func claimsFrom(env *cli.Env, file string) ([]byte, error) {
	switch file {
	case "":
		return nil, nil
	case "-":
		return readInput(env, maxClaims)
	}
	data, _, err := localfile.Read(file, maxClaims)
	if err != nil {
		return nil, ui.Errorf("claims-unreadable", ui.Failed, "reading the claims: %w", err).With(localfile.Remedy(file, err))
	}
	return data, nil
}
