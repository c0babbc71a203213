package main

import (
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func TestAConnectionIsKnownByWhoOpenedIt(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if !peerIsOurs(conn.LocalAddr().String(), conn.RemoteAddr().String()) {
		t.Error("our own end is not ours")
	}
	if os.Getuid() == 0 { // only root can be somebody else
		accepted, err := listener.Accept() // the one from above
		if err == nil {
			_ = accepted.Close()
			_, port, _ := net.SplitHostPort(listener.Addr().String())
			cmd := exec.CommandContext(t.Context(), "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/"+port+"; read -r <&3")
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			if err = cmd.Start(); err == nil {
				accepted, err = listener.Accept()
			}
			defer func() { _ = cmd.Wait() }()
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = accepted.Close() }()
		if peerIsOurs(accepted.RemoteAddr().String(), accepted.LocalAddr().String()) {
			t.Error("somebody else's end is taken for ours")
		}
	}
	for _, unknown := range []string{"127.0.0.1:1", "[::1]:1", "", "nonsense"} {
		if peerIsOurs(unknown, listener.Addr().String()) || peerIsOurs(conn.LocalAddr().String(), unknown) {
			t.Errorf("%q is nobody's", unknown)
		}
	}
	if got := kernelAddress("127.0.0.1:8080"); got != "0100007F:1F90" {
		t.Errorf("got %s", got)
	}
}
