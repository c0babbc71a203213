package account

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// address is what a person says of where the map is.
type address struct{ from, command, signature string }

// wanted is the place that was named by the argument or by flags; nothing for where the map last came from. An empty one,
// as of an unset variable, must not mean that.
func (a address) wanted(args []string, changed func(flag string) bool) (source.Wanted, error) {
	if len(args) > 0 {
		if changed("from") && a.from != args[0] {
			return source.Wanted{}, twice()
		}
		a.from = args[0]
	}
	named := len(args) > 0 || changed("from")
	switch {
	case named && changed("from-command"):
		return source.Wanted{}, twice()
	case named && strings.TrimSpace(a.from) == "", changed("from-command") && strings.TrimSpace(a.command) == "":
		return source.Wanted{}, ui.Errorf("map-origin-empty", ui.Usage, "the address of the access map is empty, as an unset variable is").
			With(ui.Command("dbxaccess init FILE|URL"), ui.Advice("without an address, it is fetched again from where it came"))
	case changed("signature-command") && !changed("from-command"):
		return source.Wanted{}, ui.Errorf("map-signature-command-alone", ui.Usage, "--signature-command goes with --from-command; elsewhere the signature lies beside the map").
			With(ui.Command("dbxaccess init --from-command COMMAND --signature-command COMMAND --signed-by KEY"))
	case changed("from-command"):
		p, err := place.Command(a.command, a.signature)
		if err != nil {
			return source.Wanted{}, err
		}
		return source.Wanted{From: p.String(), SignatureCommand: place.SignatureCommand(p)}, nil
	case place.IsCommand(a.from): // who was sent an address has not agreed to run anything
		words := strings.TrimSpace(strings.TrimPrefix(a.from, place.CommandPrefix))
		return source.Wanted{}, ui.Errorf("map-address-command", ui.Usage, "an address runs nothing; to have a command run here, say so").
			With(ui.Command("dbxaccess init --from-command " + ui.Quote(ui.Clean(words))))
	}
	return source.Wanted{From: a.from}, nil
}

func twice() error {
	return ui.Errorf("map-origin-twice", ui.Usage, "two places of the access map are named").
		With(ui.Advice("name it once, as an argument or by --from-command"), ui.Command("dbxaccess init FILE|URL"))
}
