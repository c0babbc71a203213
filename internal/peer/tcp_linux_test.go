package peer

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

func listenHere(t *testing.T, address string) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

func TestAConnectionIsKnownByWhoOpenedIt(t *testing.T) {
	addresses := []string{"127.0.0.1:0"}
	if probe, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "[::1]:0"); err == nil { // not every container has it
		_ = probe.Close()
		addresses = append(addresses, "[::1]:0")
	}
	for _, address := range addresses {
		listener := listenHere(t, address)
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if !IsOurs(conn.LocalAddr().String(), conn.RemoteAddr().String()) {
			t.Errorf("%s: our own end is not ours", address)
		}
		for _, unknown := range []string{"127.0.0.1:1", "[::1]:1", "", "nonsense"} {
			if IsOurs(unknown, listener.Addr().String()) || IsOurs(conn.LocalAddr().String(), unknown) {
				t.Errorf("%q is taken for ours", unknown)
			}
		}
	}
}

// Where the kernel's list is missing, as in some sandboxes, or says nothing, nobody is known: not even we are.
func TestNobodyIsKnownWithoutTheKernelsList(t *testing.T) {
	listener := listenHere(t, "127.0.0.1:0")
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	from, to := conn.LocalAddr().String(), conn.RemoteAddr().String()
	dir := t.TempDir()
	empty := filepath.Join(dir, "tcp")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if isOurs(from, to, empty, empty+"6") || isOurs(from, to, filepath.Join(dir, "none")) || isOurs(from, to) {
		t.Error("a connection that is not listed is taken for ours")
	}
	if !isOurs(from, to, empty, "/proc/net/tcp") {
		t.Error("our own end is not found in the second list")
	}
}

func TestSomebodyElsesConnectionIsNotOurs(t *testing.T) {
	if os.Getuid() != 0 { // only root can be another user
		return
	}
	listener := listenHere(t, "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	cmd := exec.CommandContext(t.Context(), needed.Program(t, "bash"), "-c", "exec 3<>/dev/tcp/127.0.0.1/"+port+"; read -r <&3")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = accepted.Close() }()
	if IsOurs(accepted.RemoteAddr().String(), accepted.LocalAddr().String()) {
		t.Error("another user's end is taken for ours")
	}
}

// Browsers that open sockets of IPv6 alone come to 127.0.0.1 by a mapped address, and stand in the other table.
func TestAMappedAddressIsFound(t *testing.T) {
	listener := listenHere(t, "127.0.0.1:0")
	to := netip.MustParseAddrPort(listener.Addr().String())
	socket, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Logf("this machine has no IPv6: %v", err)
		return
	}
	defer func() { _ = syscall.Close(socket) }()
	if err := syscall.Connect(socket, &syscall.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}); err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = accepted.Close() }()
	if !IsOurs(accepted.RemoteAddr().String(), accepted.LocalAddr().String()) {
		t.Error("our own end is not ours")
	}
}

func TestAddressesAsTheKernelWritesThem(t *testing.T) {
	for address, want := range map[string][2]string{
		"127.0.0.1:8080": {"0100007F:1F90", "0000000000000000FFFF00000100007F:1F90"},
		"[::1]:443":      {"", "00000000000000000000000001000000:01BB"},
	} {
		a := netip.MustParseAddrPort(address)
		if got := [2]string{kernelAddress(a, false), kernelAddress(a, true)}; got != want {
			t.Errorf("%s: got %q", address, got)
		}
	}
}

func TestAConnectionThatIsClosedIsGone(t *testing.T) {
	listener := listenHere(t, "127.0.0.1:0")
	client, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if IsGone(server) {
		t.Error("an open one is gone")
	}
	_, _ = client.Write([]byte("GET"))
	_, _ = server.Read(make([]byte, 2))
	if IsGone(server) {
		t.Error("one with something to be read is gone")
	}
	_ = client.Close()
	_, _ = server.Read(make([]byte, 8))
	if _, err := server.Read(make([]byte, 8)); err == nil || !IsGone(server) {
		t.Errorf("one that the other end has closed is not gone: %v", err)
	}
	_ = server.Close()
	if !IsGone(server) {
		t.Error("one that is closed here is not gone")
	}
}
