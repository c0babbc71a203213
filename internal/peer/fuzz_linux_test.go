package peer

import (
	"net/netip"
	"strings"
	"testing"
)

// A connection is found in a table with whatever else in it, by both of its ends, with its own user and no other's.
func FuzzTable(f *testing.F) {
	f.Add("  0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 1 1 0\n", []byte{127, 0, 0, 1}, uint16(8080), uint16(50000))
	f.Add("  sl  local_address rem_address   st\n", []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, uint16(1), uint16(2))
	f.Add("a b c d e f g h 0\n", []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}, uint16(443), uint16(443))
	f.Fuzz(func(t *testing.T, noise string, octets []byte, one, other uint16) {
		at, ok := netip.AddrFromSlice(octets)
		if !ok || len(noise) > 4<<10 {
			return
		}
		theirs, ours := netip.AddrPortFrom(at, one), netip.AddrPortFrom(at, other)
		for _, six := range []bool{false, true} {
			from, to := kernelAddress(theirs, six), kernelAddress(ours, six)
			if from == "" {
				if six || at.Unmap().Is4() {
					t.Fatalf("%s is in no table", at)
				}
				continue
			}
			if (from == to) != (one == other) {
				t.Fatalf("%s and %s are %s and %s", theirs, ours, from, to)
			}
			if strings.Contains(noise, from+" "+to) {
				continue
			}
			if uid, listed := ownerIn(strings.NewReader(noise), six, theirs, ours); listed {
				t.Fatalf("a connection that is not there is %q's", uid)
			}
			row := "  7: " + from + " " + to + " 01 00000000:00000000 00:00000000 00000000  4242        0 1 1 0\n"
			// The other end of the same connection is listed, too, with its own user.
			back := "  8: " + to + " " + from + " 01 00000000:00000000 00:00000000 00000000  7        0 1 1 0\n"
			if from == to {
				back = ""
			}
			if uid, listed := ownerIn(strings.NewReader(noise+"\n"+back+row+noise), six, theirs, ours); !listed || uid != "4242" {
				t.Fatalf("it is %q's, %t", uid, listed)
			}
		}
	})
}
