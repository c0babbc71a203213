package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/99designs/keyring"
	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/keyctl"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// kernelItems are in a keyring of their own, named after the service, inside the user keyring. Possession and use must be in one
// thread: see keyctl.Read.
type kernelItems struct {
	*library
	service string
	lock    lock.Func
	openID  int // of the keyring that is opened
}

func openKernel(c backend.Config) (backend.Backend, error) {
	config := keyring.Config{ServiceName: c.Service, KeyCtlScope: "user"}
	k := &kernelItems{library: newLibrary(&kernelAbout, keyring.KeyCtlBackend, config), service: c.Service, lock: c.Lock}
	k.around = k.onThread
	return k, nil
}

func (k *kernelItems) onThread(_ context.Context, use func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := k.find()
	if err == nil {
		err = use()
	}
	return kernelError(err)
}

func (k *kernelItems) Get(_ context.Context, name string) ([]byte, error) {
	data, err := keyctl.Read(k.service, name)
	return data, kernelError(err)
}

func (k *kernelItems) Set(ctx context.Context, name, label string, data []byte) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := k.findOrCreate(ctx); err != nil {
		return kernelError(err)
	}
	return k.library.Set(ctx, name, label, data)
}

// Remove first cuts the key to one byte: the quota of an unlinked key is given back only when the kernel gets round to
// it, that of a shortened one at once.
func (k *kernelItems) Remove(ctx context.Context, name string) error {
	return k.use(ctx, func(opened keyring.Keyring) error {
		if _, err := opened.Get(name); err != nil {
			return err
		}
		if err := opened.Set(keyring.Item{Key: name, Data: []byte{0}}); err != nil {
			return err
		}
		return opened.Remove(name)
	})
}

func (k *kernelItems) List(ctx context.Context) ([]string, error) {
	names, err := k.library.List(ctx)
	if errors.Is(err, keyring.ErrKeyNotFound) {
		return nil, nil // there is no keyring yet
	}
	return names, err
}

// find makes sure that the service's keyring is possessed and opened; ENOKEY if there is none.
func (k *kernelItems) find() error {
	id, err := k.search()
	if errors.Is(err, unix.EACCES) {
		if err := keyctl.Link(); err != nil {
			return err
		}
		id, err = k.search()
	}
	if err == nil && id != k.openID { // first use, or the user keyring was cleared since
		k.opened, k.openID = nil, id
	}
	return err
}

// search returns the service's keyring; EACCES if it is not possessed, as only possessors may read it.
func (k *kernelItems) search() (id int, err error) {
	if id, err = unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "keyring", k.service, 0); err == nil {
		_, err = unix.KeyctlBuffer(unix.KEYCTL_READ, id, nil, 0)
	}
	return id, err
}

// findOrCreate also makes the keyring if there is none, under a lock: a second one of the same name would replace the
// first, with all its items.
func (k *kernelItems) findOrCreate(ctx context.Context) error {
	err := k.find()
	if !keyctl.Missing(err) {
		return err
	}
	unlock, err := k.lock(ctx, "store:keyring", lock.Exclusive)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	if err := k.find(); !keyctl.Missing(err) {
		return err
	}
	if _, err := unix.AddKey("keyring", k.service, nil, unix.KEY_SPEC_USER_KEYRING); err != nil {
		return fmt.Errorf("making the keyring: %w", err)
	}
	return k.find()
}

func kernelError(err error) error {
	switch {
	case keyctl.Missing(err):
		return keyring.ErrKeyNotFound
	case errors.Is(err, unix.EDQUOT):
		return fmt.Errorf("%w: %w", backend.ErrQuota, err)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP):
		return kernelAbout.Unavailable(backend.Denied, err)
	}
	return err
}

// findKernel checks that the kernel keyring can be used: containers often forbid its system calls.
func findKernel(context.Context) (backend.Place, error) {
	_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true)
	return backend.Place{}, kernelError(err)
}
