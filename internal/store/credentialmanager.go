package store

import "github.com/dbxaccess/dbxaccess/internal/store/backend"

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
	Open:     openCredentialManager,
}
