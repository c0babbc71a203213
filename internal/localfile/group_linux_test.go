package localfile

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAPrivateGroupHasOneMember(t *testing.T) {
	t.Parallel()
	accounts := [][]string{
		{"root", "x", "0", "0", "", "", ""}, {"alice", "x", "1001", "1001", "", "", ""}, {"bob", "x", "1002", "1002", "", "", ""},
	}
	for name, c := range map[string]struct {
		gid     string
		members []string // of each line with that number
		want    bool
	}{
		"her own":               {"1001", []string{""}, true},
		"her own, named":        {"1001", []string{"alice"}, true},
		"her own, with root":    {"1001", []string{"alice,root"}, true},
		"her own, with bob":     {"1001", []string{"alice,bob"}, false},
		"root's":                {"0", []string{""}, true},
		"bob's":                 {"1002", []string{""}, false},
		"of her alone":          {"2000", []string{"alice"}, true},
		"of nobody":             {"100", []string{""}, false}, // users, of accounts in a directory service; or one for programs
		"of somebody unknown":   {"2000", []string{"carol"}, false},
		"an unknown number":     {"3000", nil, false},
		"named twice, with bob": {"2000", []string{"alice", "bob"}, false},
	} {
		var groups [][]string
		for _, members := range c.members {
			groups = append(groups, []string{"g", "x", c.gid, members})
		}
		if isPrivate(c.gid, "1001", accounts, groups) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
	if isPrivate("1001", "1001", nil, [][]string{{"g", "x", "1001", ""}}) {
		t.Error("a group is private to an account that nobody knows")
	}
}

// Of a file with an access control list, the mode's bits for the group say what anybody in the list may do at most.
func TestWhoIsInAListMayWrite(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "file"), "x")
	if err := errors.Join(os.Chmod(path, 0o664), os.Chown(path, -1, os.Getegid())); err != nil {
		t.Fatal(err)
	}
	if err := Trusted(path); err != nil {
		t.Skip(err) // this user has no group alone
	}
	// linux/posix_acl_xattr.h: version 2, then tag, permissions and id of the owner, user 54321, group, mask and others.
	list := binary.LittleEndian.AppendUint32(nil, 2)
	for _, entry := range [][3]uint32{{1, 6, ^uint32(0)}, {2, 6, 54321}, {4, 4, ^uint32(0)}, {16, 6, ^uint32(0)}, {32, 4, ^uint32(0)}} {
		list = binary.LittleEndian.AppendUint16(list, uint16(entry[0]))
		list = binary.LittleEndian.AppendUint16(list, uint16(entry[1]))
		list = binary.LittleEndian.AppendUint32(list, entry[2])
	}
	if err := unix.Setxattr(path, "system.posix_acl_access", list, 0); err != nil {
		t.Skip(err)
	}
	if err := Trusted(path); ui.IDOf(err) != "file-untrusted-mode" {
		t.Errorf("another user may write: %v", err)
	}
}
