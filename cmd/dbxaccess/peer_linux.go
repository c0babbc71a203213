package main

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// peerIsOurs reports whether the remote end of a connection over loopback belongs to this user; both ends are IPv4
// addresses with their ports. The kernel lists every end with the user who opened it (proc_net_tcp(5)), and ends that are over
// as root's, so both addresses are compared. An end that is not listed is nobody's.
func peerIsOurs(remote, local string) bool {
	table, err := os.Open("/proc/net/tcp")
	if err != nil {
		return false
	}
	defer func() { _ = table.Close() }()
	theirs, ours := kernelAddress(remote), kernelAddress(local)
	if theirs == "" || ours == "" {
		return false
	}
	for lines := bufio.NewScanner(table); lines.Scan(); {
		// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid …
		fields := strings.Fields(lines.Text())
		if len(fields) > 7 && fields[1] == theirs && fields[2] == ours {
			return fields[7] == strconv.Itoa(os.Getuid())
		}
	}
	return false
}

// kernelAddress writes an address as /proc/net/tcp has it on little-endian machines, which all that Go builds for here
// are: the bytes of the IPv4 address from last to first, in hexadecimal.
func kernelAddress(address string) string {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !a.Addr().Is4() {
		return ""
	}
	b := a.Addr().As4()
	return fmt.Sprintf("%02X%02X%02X%02X:%04X", b[3], b[2], b[1], b[0], a.Port())
}
