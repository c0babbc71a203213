package cli

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

func TestFlow(t *testing.T) {
	t.Parallel()
	const auto, device, browser = accessmap.FlowAuto, accessmap.FlowDevice, accessmap.FlowBrowser
	for name, c := range map[string]struct {
		flag, inMap         string
		noBrowser, local    bool
		mayBrowser, mayCode bool
		want, refusal       string
	}{
		"a person at this machine":          {flag: auto, inMap: auto, local: true, mayBrowser: true, mayCode: true, want: browser},
		"over SSH":                          {flag: auto, inMap: auto, mayBrowser: true, mayCode: true, want: device},
		"no browser, please":                {flag: auto, inMap: auto, noBrowser: true, local: true, mayBrowser: true, mayCode: true, want: device},
		"the provider has no codes":         {flag: auto, inMap: auto, mayBrowser: true, want: browser},
		"the provider has codes only":       {flag: auto, inMap: auto, local: true, mayCode: true, want: device},
		"the map says device":               {flag: auto, inMap: device, local: true, mayBrowser: true, mayCode: true, want: device},
		"the map says browser, over SSH":    {flag: auto, inMap: browser, mayBrowser: true, mayCode: true, want: browser},
		"the flag goes before the map":      {flag: device, inMap: browser, local: true, mayBrowser: true, mayCode: true, want: device},
		"a browser flow that is not to be":  {flag: browser, inMap: auto, mayCode: true, refusal: "no sign-in in the browser"},
		"a device code that is not to be":   {flag: auto, inMap: device, local: true, mayBrowser: true, refusal: "no sign-in by device code"},
		"nothing that a program could use":  {flag: auto, inMap: auto, local: true, refusal: "neither in the browser nor by device code"},
		"the browser flow without a screen": {flag: browser, inMap: auto, noBrowser: true, mayBrowser: true, mayCode: true, want: browser},
	} {
		identity := &accessmap.Identity{Name: "acme", Issuer: "https://id.example.com", Flow: c.inMap}
		got, err := flowOf(identity, loginOptions{flow: c.flag, noBrowser: c.noBrowser}, c.mayBrowser, c.mayCode, c.local)
		switch {
		case c.refusal == "" && (err != nil || got != c.want):
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		case c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)):
			t.Errorf("%s: %q, %v; want an error about %q", name, got, err, c.refusal)
		}
	}
}

func TestInContainer(t *testing.T) {
	t.Parallel()
	if !inContainer(func(name string) string { return map[string]string{"container": "podman"}[name] }) {
		t.Error("a container that says so is not recognised")
	}
	desktop := map[string]string{"DISPLAY": ":0", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
	if sitsHere(func(name string) string { return desktop[name] }) {
		t.Error("a display that is passed into a container makes it a desktop")
	}
	if (&app{getenv: func(string) string { return "" }}).peer() == nil {
		t.Error("nobody looks whose program comes back")
	}
}

// The browser of Windows is not at home in the Linux under it, display or not; nor can its connections be told there.
func TestLinuxUnderWindows(t *testing.T) {
	t.Parallel()
	getenv := func(name string) string {
		return map[string]string{"WSL_DISTRO_NAME": "Debian", "DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}[name]
	}
	if sitsHere(getenv) || (&app{getenv: getenv}).peer() != nil {
		t.Error("it is taken for a desktop of its own")
	}
}
