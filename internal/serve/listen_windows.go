package serve

import (
	"net"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// listenPrivately refuses: Windows does not tell whose program is at the other end of a Unix socket.
func listenPrivately(string) (l *net.UnixListener, cleanup func(), err error) {
	return nil, nil, ui.Errorf("socket-unsupported", ui.Failed, "Windows does not tell whose program connects to a socket").
		With(ui.Advice("use --socket on Linux or macOS, or in WSL"))
}
