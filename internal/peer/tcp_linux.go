package peer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// IsOurs reports whether the remote end of a connection over loopback belongs to this user; both ends are addresses with
// ports. The kernel lists every end with the user who opened it (proc_net_tcp(5)), and closed ones as root's, so both
// addresses are compared. An end that is not listed is not ours, nor is any where the list can't be read.
func IsOurs(remote, local string) bool {
	return isOurs(remote, local, "/proc/net/tcp", "/proc/net/tcp6")
}

func isOurs(remote, local string, tables ...string) bool {
	theirs, remoteErr := netip.ParseAddrPort(remote)
	ours, localErr := netip.ParseAddrPort(local)
	if remoteErr != nil || localErr != nil {
		return false
	}
	// A list that changes while it is read may leave an end out, so it is read again before an end counts as not listed.
	for range 3 {
		// An IPv6-only program reaches IPv4 by mapped addresses, and is listed with them.
		for _, table := range tables {
			if uid, listed := ownerOf(table, theirs, ours); listed {
				return uid == strconv.Itoa(os.Getuid())
			}
		}
	}
	return false
}

// IsGone reports whether the other end of a connection is closed, or the connection ours no more: the kernel then lists that
// end as root's or not at all, no matter whose it was.
func IsGone(conn net.Conn) bool {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true
	}
	gone := false
	err = raw.Control(func(fd uintptr) {
		n, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		gone = n == 0 && err == nil || err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
	})
	return gone || err != nil
}

// ownerOf is the user, as a number, who has the end theirs of a connection to ours, where the table lists it.
func ownerOf(table string, theirs, ours netip.AddrPort) (uid string, listed bool) {
	file, err := os.Open(table)
	if err != nil {
		return "", false
	}
	defer func() { _ = file.Close() }()
	return ownerIn(file, strings.HasSuffix(table, "6"), theirs, ours)
}

// ownerIn is ownerOf in a table's text; six: it is that of IPv6.
func ownerIn(table io.Reader, six bool, theirs, ours netip.AddrPort) (uid string, listed bool) {
	from, to := kernelAddress(theirs, six), kernelAddress(ours, six)
	if from == "" || to == "" {
		return "", false
	}
	both := []byte(from + " " + to)
	for lines := bufio.NewScanner(table); lines.Scan(); {
		if !bytes.Contains(lines.Bytes(), both) { // there may be thousands, and each connection has them read
			continue
		}
		// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid …
		fields := strings.Fields(lines.Text())
		if len(fields) > 7 && fields[1] == from && fields[2] == to {
			return fields[7], true
		}
	}
	return "", false
}

// kernelAddress writes an address as the tables do on little-endian machines, which are all that we build for: words of
// four bytes, each from last to first, in hexadecimal; one for IPv4, four for IPv6. "" if the table has no such
// addresses.
func kernelAddress(a netip.AddrPort, six bool) string {
	ip := a.Addr().Unmap()
	if six {
		ip = netip.AddrFrom16(ip.As16())
	} else if !ip.Is4() {
		return ""
	}
	octets := ip.AsSlice()
	var words strings.Builder
	for ; len(octets) > 0; octets = octets[4:] {
		fmt.Fprintf(&words, "%08X", binary.LittleEndian.Uint32(octets))
	}
	return fmt.Sprintf("%s:%04X", &words, a.Port())
}
