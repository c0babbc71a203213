package account

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestFlow(t *testing.T) {
	t.Parallel()
	const auto, device, browser = accessmap.FlowAuto, accessmap.FlowDevice, accessmap.FlowBrowser
	for name, c := range map[string]struct {
		flag, inMap         string
		noBrowser, local    bool
		mayBrowser, mayCode bool
		want, refusal       string
		id                  ui.ID
	}{
		"a person at this machine":          {flag: auto, inMap: auto, local: true, mayBrowser: true, mayCode: true, want: browser},
		"over SSH":                          {flag: auto, inMap: auto, mayBrowser: true, mayCode: true, want: device},
		"no browser, please":                {flag: auto, inMap: auto, noBrowser: true, local: true, mayBrowser: true, mayCode: true, want: device},
		"the provider has no codes":         {flag: auto, inMap: auto, mayBrowser: true, want: browser},
		"the provider has codes only":       {flag: auto, inMap: auto, local: true, mayCode: true, want: device},
		"the map says device":               {flag: auto, inMap: device, local: true, mayBrowser: true, mayCode: true, want: device},
		"the map says browser, over SSH":    {flag: auto, inMap: browser, mayBrowser: true, mayCode: true, want: browser},
		"the map goes before the flag":      {flag: device, inMap: browser, local: true, mayBrowser: true, mayCode: true, refusal: "with flow: browser, and not with --flow device", id: "flow-pinned"},
		"and for device codes too":          {flag: browser, inMap: device, local: true, mayBrowser: true, mayCode: true, refusal: "with flow: device, and not with --flow browser", id: "flow-pinned"},
		"both say the same":                 {flag: browser, inMap: browser, mayBrowser: true, mayCode: true, want: browser},
		"a browser flow that is not to be":  {flag: browser, inMap: auto, mayCode: true, refusal: "no sign-in in the browser", id: "browser-flow-missing"},
		"a device code that is not to be":   {flag: auto, inMap: device, local: true, mayBrowser: true, refusal: "no sign-in by device code", id: "device-flow-missing"},
		"nothing that a program could use":  {flag: auto, inMap: auto, local: true, refusal: "neither in the browser nor by device code", id: "flows-missing"},
		"the browser flow without a screen": {flag: browser, inMap: auto, noBrowser: true, mayBrowser: true, mayCode: true, want: browser},
	} {
		identity := &accessmap.Identity{Name: "acme", Issuer: "https://id.example.com", Flow: c.inMap}
		got, err := flowOf(identity, loginOptions{flow: c.flag, noBrowser: c.noBrowser}, c.mayBrowser, c.mayCode, c.local)
		switch {
		case c.refusal == "" && (err != nil || got != c.want):
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		case c.refusal != "" && (ui.IDOf(err) != c.id || !strings.Contains(err.Error(), c.refusal)):
			t.Errorf("%s: %q, %v; want the error %s about %q", name, got, err, c.id, c.refusal)
		}
		if hint := ui.HintOf(err); c.inMap != auto && strings.Contains(hint, "--flow") {
			t.Errorf("%s: advises what the map rules out: %s", name, hint)
		}
	}
}
