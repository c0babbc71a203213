// Package keyctl reads the kernel keyring (keyrings(7)).
//
// In come the name of a service, whose keyring lies in the user keyring, and that of an item; out come the item's bytes, or what the
// kernel said. It writes nothing but a link in this process's own keyring, where the user keyring can't be reached otherwise. It
// is of the packages that a warm answer is made of.
package keyctl

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Read returns the bytes of an item. Errors are the kernel's: see Missing.
//
// The kernel lets a process read the keys that it possesses: those that it can reach from its session, process or
// thread keyring. A login session's keyring leads to the user keyring; that of a cron job, a container or `keyctl
// session` does not, and there the user keyring is linked into the process keyring first. Credentials, and with them
// the process keyring, belong to the thread (credentials(7)), so possession and use must be in one thread.
func Read(service, name string) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return ReadInThread(service, name)
}

// ReadInThread is Read for a goroutine that keeps its thread anyway, as that which initialises packages does: to lock it once
// more would start a thread.
func ReadInThread(service, name string) ([]byte, error) {
	data, err := read(service, name)
	if errors.Is(err, unix.EACCES) {
		if err = Link(); err == nil {
			data, err = read(service, name)
		}
	}
	return data, err
}

// Link makes the user keyring reachable for this thread. It is for where it is not, since it makes a process keyring, and
// 200 processes at once would use up the quota of keys.
func Link() error {
	_, err := unix.KeyctlInt(unix.KEYCTL_LINK, unix.KEY_SPEC_USER_KEYRING, unix.KEY_SPEC_PROCESS_KEYRING, 0, 0)
	if err != nil {
		return fmt.Errorf("linking the user keyring: %w", err)
	}
	return nil
}

func read(service, name string) ([]byte, error) {
	ring, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "keyring", service, 0)
	if err != nil {
		return nil, err
	}
	key, err := unix.KeyctlSearch(ring, "user", name, 0)
	if err != nil {
		return nil, err
	}
	for data := make([]byte, 4096); ; { // most have less
		size, err := unix.KeyctlBuffer(unix.KEYCTL_READ, key, data, 0)
		if err != nil {
			return nil, err
		}
		if size <= len(data) {
			return data[:size], nil
		}
		data = make([]byte, size)
	}
}

// Missing reports whether there is no such key, or a dead one that waits to be collected.
func Missing(err error) bool {
	return errors.Is(err, unix.ENOKEY) || errors.Is(err, unix.EKEYREVOKED) || errors.Is(err, unix.EKEYEXPIRED)
}
