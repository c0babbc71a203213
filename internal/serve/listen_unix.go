//go:build unix

package serve

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxSocketPath is what a socket's address holds (unix(7)), in bytes: 107 on Linux, 103 on macOS.
const maxSocketPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// deadWait bounds asking whether a socket that is in the way is served.
const deadWait = time.Second

// listenPrivately makes the socket, and what removes it.
func listenPrivately(path string) (l *net.UnixListener, cleanup func(), err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	if len(path) > maxSocketPath {
		return nil, nil, ui.Errorf("socket-path-long", ui.Usage, "the path of the socket has %d bytes: %s", len(path), ui.Clean(path)).
			With(ui.Advice("name one of at most " + strconv.Itoa(maxSocketPath) + ", as in $XDG_RUNTIME_DIR"))
	}
	unlock := atomicfile.LockDirectory(filepath.Dir(path)) // two that find the same dead socket
	defer unlock()
	l, err = bind(path)
	if errors.Is(err, syscall.EADDRINUSE) {
		if err := RemoveDead(path); err != nil {
			return nil, nil, err
		}
		l, err = bind(path)
	}
	if err != nil {
		return nil, nil, ui.Errorf("socket-listen", ui.Failed, "making the socket %s: %w", ui.Clean(path), err).
			With(ui.Advice("name a path in a directory that exists and that you may write to"))
	}
	return l, func() {
		unlock := atomicfile.LockDirectory(filepath.Dir(path))
		defer unlock()
		_ = RemoveDead(path) // which another's, that has taken its place, is not
	}, nil
}

// umask is held while the process has another umask for a moment: there is one for all of it, and of two that change it side by
// side, one binds under the other's, and the last leaves the wrong one behind.
var umask sync.Mutex

// bind makes the socket with mode 0600: bind(2) has no mode, and a later chmod comes too late. Files that are made at the same
// moment get fewer rights than they might.
func bind(path string) (*net.UnixListener, error) {
	umask.Lock()
	defer umask.Unlock()
	before := syscall.Umask(0o177)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	syscall.Umask(before)
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // the path may be another's by then
	return l, nil
}

// IsOwnSocket reports whether a file is a Unix socket of this user.
func IsOwnSocket(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.Mode().Type() == fs.ModeSocket && int(stat.Uid) == os.Getuid()
}

// RemoveDead removes a socket of this user that nobody serves any more, and refuses everything else.
func RemoveDead(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !IsOwnSocket(info) {
		return ui.Errorf("socket-path-taken", ui.Failed, "%s is there already, and is no socket of yours", ui.Clean(path)).
			With(ui.Advice("name another path"))
	}
	conn, err := net.DialTimeout("unix", path, deadWait) //nolint:noctx // it is bounded
	if err == nil {
		_ = conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return ui.Errorf("socket-in-use", ui.Failed, "another program serves the socket %s", ui.Clean(path)).
			With(ui.Advice("name another path, or end that program"))
	}
	return os.Remove(path)
}
