package desktop

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// peerIsOurs reports whether the remote end of a connection over loopback belongs to this user; both ends are addresses
// with their ports. The kernel lists every end with the user who opened it (proc_net_tcp(5)), and ends that are over
// as root's, so both addresses are compared. An end that is not listed is nobody's.
func peerIsOurs(remote, local string) bool {
	theirs, remoteErr := netip.ParseAddrPort(remote)
	ours, localErr := netip.ParseAddrPort(local)
	if remoteErr != nil || localErr != nil {
		return false
	}
	// A program that speaks IPv6 alone reaches IPv4 by mapped addresses, and is listed with them.
	return ownerIs("/proc/net/tcp", theirs, ours) || ownerIs("/proc/net/tcp6", theirs, ours)
}

func ownerIs(table string, theirs, ours netip.AddrPort) bool {
	file, err := os.Open(table)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	six := strings.HasSuffix(table, "6")
	from, to := kernelAddress(theirs, six), kernelAddress(ours, six)
	for lines := bufio.NewScanner(file); from != "" && to != "" && lines.Scan(); {
		// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid …
		fields := strings.Fields(lines.Text())
		if len(fields) > 7 && fields[1] == from && fields[2] == to {
			return fields[7] == strconv.Itoa(os.Getuid())
		}
	}
	return false
}

// kernelAddress writes an address as the tables have it on little-endian machines, which all that Go builds for here are:
// words of four bytes, each from last to first, in hexadecimal; one for IPv4, four for IPv6. "" where the table has no such
// address.
func kernelAddress(a netip.AddrPort, six bool) string {
	var bytes []byte
	switch ip := a.Addr().Unmap(); {
	case six:
		as16 := ip.As16()
		bytes = as16[:]
	case ip.Is4():
		as4 := ip.As4()
		bytes = as4[:]
	}
	if bytes == nil {
		return ""
	}
	var words strings.Builder
	for ; len(bytes) > 0; bytes = bytes[4:] {
		fmt.Fprintf(&words, "%08X", binary.LittleEndian.Uint32(bytes))
	}
	return fmt.Sprintf("%s:%04X", &words, a.Port())
}
