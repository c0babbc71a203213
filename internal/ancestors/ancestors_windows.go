package ancestors

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// process looks one up in a list of all. The number of a parent that has ended may be another program's by now.
func process(pid int) (called string, parent int, ok bool) {
	all, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return "", 0, false
	}
	defer func() { _ = windows.CloseHandle(all) }()
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(all, &entry); err == nil; err = windows.Process32Next(all, &entry) {
		if int(entry.ProcessID) == pid {
			return windows.UTF16ToString(entry.ExeFile[:]), int(entry.ParentProcessID), true
		}
	}
	return "", 0, false
}

// words: another program's stand in its own memory, which is not looked into.
func words(int) []string { return nil }
