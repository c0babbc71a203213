package store

import (
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/format"
)

var secretServiceAbout = backend.About{
	Name: format.SecretService, Title: "the Secret Service",
	Hints: backend.Hints{
		backend.Locked: "unlock it in the desktop's password manager, or run dbxaccess login there\n" + backend.UseKernel,
		backend.Hung:   "restart it: log out of the desktop and in again\n" + backend.UseKernel,
	},
	Hint: "use dbxaccess from within the desktop session that you logged in from\n" + backend.UseKernel,
}

// secretService is the desktop's keyring on Linux (GNOME Keyring, KWallet, KeePassXC), over D-Bus.
var secretService = backend.Descriptor{
	About: &secretServiceAbout, Systems: []string{"linux"}, Auto: true, NeedsCollection: true,
	Find: findSecretService, Open: openSecretService,
}
