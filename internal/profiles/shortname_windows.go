package profiles

import "golang.org/x/sys/windows"

// shortName is the name of a directory in which each part has at most eight characters and three behind a dot.
func shortName(dir string) (string, error) {
	long, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return "", err
	}
	buffer := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetShortPathName(long, &buffer[0], uint32(len(buffer)))
	if err != nil || int(n) >= len(buffer) {
		return "", err
	}
	return windows.UTF16ToString(buffer[:n]), nil
}
