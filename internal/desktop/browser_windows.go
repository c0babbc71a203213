package desktop

import "golang.org/x/sys/windows"

// openBySystem has Windows itself open the address: no program of ours is started.
func openBySystem(address string) error {
	path, err := windows.UTF16PtrFromString(address)
	if err != nil {
		return err
	}
	return windows.ShellExecute(0, nil, path, nil, nil, windows.SW_SHOWNORMAL)
}
