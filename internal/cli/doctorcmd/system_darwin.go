package doctorcmd

import "golang.org/x/sys/unix"

// release is the system's, as sw_vers prints it, without starting that.
func release() bundleSystem {
	s := bundleSystem{ID: "macos"}
	s.Version, _ = unix.Sysctl("kern.osproductversion") // what can't be told is left out
	s.Kernel, _ = unix.Sysctl("kern.osrelease")
	return s
}
