package cli

import (
	"os"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// flowOf settles the way to sign in: --flow, else the access map's, else the browser where the person sits at this machine
// and the provider can, and a device code elsewhere: it works from any other device. What the provider can't do is not
// chosen by itself. local: see sitsHere.
func flowOf(identity *accessmap.Identity, o loginOptions, browserPossible, devicePossible, local bool) (string, error) {
	asked := o.flow
	if asked == accessmap.FlowAuto {
		asked = identity.Flow
	}
	switch {
	case asked == accessmap.FlowBrowser && !browserPossible:
		return "", ui.Fault(ui.Failed, "dbxaccess login --identity "+identity.Name+" --flow device",
			"%s offers no sign-in in the browser (authorization code with PKCE)", placeOf(identity))
	case asked == accessmap.FlowDevice && !devicePossible:
		return "", ui.Fault(ui.Failed,
			"dbxaccess login --identity "+identity.Name+" --flow browser\nor enable the device code grant (RFC 8628) at the provider, "+
				"or set device_authorization_endpoint of the identity in the access map",
			"%s offers no sign-in by device code", placeOf(identity))
	case asked == accessmap.FlowBrowser || asked == accessmap.FlowDevice:
		return asked, nil
	case !browserPossible && !devicePossible:
		return "", ui.Fault(ui.Failed, "enable the authorization code grant with PKCE, or the device code grant (RFC 8628), at the provider",
			"%s offers no sign-in that a program can use, neither in the browser nor by device code", placeOf(identity))
	case browserPossible && (!devicePossible || !o.noBrowser && local):
		return accessmap.FlowBrowser, nil
	}
	return accessmap.FlowDevice, nil
}

// sitsHere reports whether a browser opened here is the person's own and finds a port of this machine.
func sitsHere(getenv func(string) string) bool {
	return hasDisplay(getenv) && !inContainer(getenv) && !inWSL(getenv)
}

// inWSL reports whether this is Linux under Windows. The browser there is that of Windows, which finds a port of ours or
// not, by how the two are joined, and whose connections look like somebody else's here.
func inWSL(getenv func(string) string) bool { return getenv("WSL_DISTRO_NAME") != "" }

// inContainer reports whether a browser of the person's machine would look for this program's port in vain: containers
// and remote workspaces have a loopback of their own, also where a display is passed through.
func inContainer(getenv func(string) string) bool {
	for _, name := range []string{"container", "KUBERNETES_SERVICE_HOST", "REMOTE_CONTAINERS", "CODESPACES"} {
		if getenv(name) != "" {
			return true
		}
	}
	if runtime.GOOS != "linux" {
		return false
	}
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(mark); err == nil {
			return true
		}
	}
	return false
}
