package store

import (
	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

var credentialManagerAbout = backend.About{
	Name: "credential-manager", Title: "the Windows Credential Manager",
	Hint: "it is not available over SSH or in services\n" + backend.UseFile,
}

// credentialManager is that of Windows.
var credentialManager = backend.Descriptor{
	About: &credentialManagerAbout, Systems: []string{"windows"}, Auto: true,
	// CRED_MAX_CREDENTIAL_BLOB_SIZE is 5 * 512 bytes
	// (https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw).
	PartSize: 2500,
	Open: func(c backend.Config) (backend.Backend, error) {
		return newLibrary(&credentialManagerAbout, keyring.WinCredBackend,
			keyring.Config{ServiceName: c.Service, WinCredPrefix: c.Service}), nil
	},
}
