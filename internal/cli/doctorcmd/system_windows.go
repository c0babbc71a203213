package doctorcmd

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// release is the system's, with its build: Windows 10 and 11 are told apart by that alone.
func release() bundleSystem {
	v := windows.RtlGetVersion()
	return bundleSystem{ID: "windows", Version: fmt.Sprintf("%d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)}
}
