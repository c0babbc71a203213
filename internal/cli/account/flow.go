package account

import (
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// flowOf decides how to sign in: as the access map says where it names a flow, which --flow can't change; else by --flow, else
// in the browser where the person sits at this machine (local: see desktop.BrowserIsLocal) and the provider supports it, else
// by device code. A flow that the provider lacks is never chosen automatically.
func flowOf(identity *accessmap.Identity, o loginOptions, browserPossible, devicePossible, local bool) (string, error) {
	asked, pinned := o.flow, identity.Flow != accessmap.FlowAuto
	other := func(flow string) ui.Fix {
		if pinned {
			return ui.ForAdmin("set flow of the identity to auto in the access map")
		}
		return ui.Command("dbxaccess login --identity " + identity.Name + " --flow " + flow)
	}
	switch {
	case pinned && asked != accessmap.FlowAuto && asked != identity.Flow:
		return "", ui.Errorf("flow-pinned", ui.Refused, "the access map has people sign in to %s with flow: %s, and not with --flow %s",
			identity.Name, identity.Flow, asked).With(ui.Command("dbxaccess login --identity " + identity.Name))
	case pinned:
		asked = identity.Flow
	}
	switch {
	case asked == accessmap.FlowBrowser && !browserPossible:
		return "", ui.Errorf("browser-flow-missing", ui.Failed, "%s offers no sign-in in the browser (authorization code with PKCE)", identity.Host()).
			With(other(accessmap.FlowDevice))
	case asked == accessmap.FlowDevice && !devicePossible:
		return "", ui.Errorf("device-flow-missing", ui.Failed, "%s offers no sign-in by device code", identity.Host()).
			With(other(accessmap.FlowBrowser), ui.ForAdmin("enable the device code grant "+
				"(RFC 8628) at the provider, or set device_authorization_endpoint of the identity in the access map"))
	case asked == accessmap.FlowBrowser || asked == accessmap.FlowDevice:
		return asked, nil
	case !browserPossible && !devicePossible:
		return "", ui.Errorf("flows-missing", ui.Failed,
			"%s offers no sign-in that a program can use, neither in the browser nor by device code", identity.Host()).
			With(ui.ForAdmin("enable the authorization code grant with PKCE, or the device code grant (RFC 8628), at the provider"))
	case browserPossible && (!devicePossible || !o.noBrowser && local):
		return accessmap.FlowBrowser, nil
	}
	return accessmap.FlowDevice, nil
}
