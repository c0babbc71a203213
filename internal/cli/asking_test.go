package cli_test

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/cli"
)

func TestARequestIsAboutTheSameMapAndGroups(t *testing.T) {
	const begin = "dbxaccess map request trainer"
	for want, asking := range map[string]cli.Asking{
		begin: {},
		begin + " --groups analysts,staff --map maps/acme.yaml --identity acme": {
			Map: "maps/acme.yaml", Groups: []string{"analysts", "staff"}, Identity: "acme",
		},
		begin + ` --groups '"CN=ml,OU=data",staff'`:         {Groups: []string{"CN=ml,OU=data", "staff"}},
		begin + ` --groups 'it'\''s; rm -rf ~' --map 'a b'`: {Groups: []string{"it's; rm -rf ~"}, Map: "a b"},
		begin + " --map FILE":                               {Map: "-", Groups: []string{""}},
	} {
		if got := asking.Command("trainer"); got != want {
			t.Errorf("%+v:\ngot  %s\nwant %s", asking, got, want)
		}
	}
}
