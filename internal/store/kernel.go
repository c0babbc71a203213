package store

import (
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/format"
)

var kernelAbout = backend.About{
	Name: format.Kernel, Title: "the kernel keyring",
	Room: "raise its quota: sudo sysctl kernel.keys.maxbytes=200000\n" + backend.UseFile,
	Hint: "containers and sandboxes often forbid it (keyctl)\n" + backend.UseFile,
}

// kernel is the user keyring of the Linux kernel: in memory only, gone after a reboot or the last logout.
var kernel = backend.Descriptor{
	About: &kernelAbout, Systems: []string{"linux"},
	Auto: true, Caveat: "sign-ins are kept in memory, until a reboot at most",
	PartSize: 32000, // a key of type "user" holds 32,767 bytes (user-keyring(7), keyrings(7))
	Find:     findKernel, Open: openKernel,
}
