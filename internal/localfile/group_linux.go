package localfile

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxAccounts bounds /etc/passwd and /etc/group, in bytes.
const maxAccounts = 4 << 20

// onlyOurs reports whether a group holds nobody but this user and root, as the one that Debian, Fedora and others make
// for each user, under whose umask of 002 every new file is open to it. A group without one of the two, or that the files
// don't know, counts as shared: its members may be in a directory service, or it may be for programs that run under it.
// Debian's ssh has the same rule: https://sources.debian.org/patches/openssh/1:9.2p1-2/user-group-modes.patch/
func onlyOurs(gid uint32) bool {
	return isPrivate(strconv.FormatUint(uint64(gid), 10), strconv.Itoa(os.Geteuid()), recordsIn("/etc/passwd", 7), recordsIn("/etc/group", 4))
}

// isPrivate is onlyOurs of what the two files say: by them the group has members, and all are this user or root.
func isPrivate(gid, uid string, accounts, groups [][]string) bool {
	var ours []string // names
	members := false
	for _, account := range accounts {
		us := account[2] == uid || account[2] == "0"
		if us {
			ours = append(ours, account[0])
		}
		if account[3] == gid {
			if !us {
				return false
			}
			members = true
		}
	}
	for _, group := range groups {
		if group[2] != gid || group[3] == "" {
			continue
		}
		for name := range strings.SplitSeq(group[3], ",") {
			if !slices.Contains(ours, name) {
				return false
			}
		}
		members = true
	}
	return members
}

// hasList reports whether a file or directory has an access control list: the mode then shows what the list gives at
// most to anybody in it, in the place of what the group may do (acl(5)).
func hasList(path string) bool {
	_, err := unix.Getxattr(path, "system.posix_acl_access", nil)
	return err == nil
}

// recordsIn are those of a file, none where it can't be read.
func recordsIn(path string, fields int) [][]string {
	data, _, err := Read(path, maxAccounts)
	if err != nil {
		return nil
	}
	return records(string(data), fields)
}

// records are the lines with so many fields of a text of accounts: passwd(5), group(5).
func records(text string, fields int) (all [][]string) {
	for line := range strings.SplitSeq(text, "\n") {
		if record := strings.Split(line, ":"); len(record) == fields {
			all = append(all, record)
		}
	}
	return all
}

// unmapped reports whether an owner is one that this process's user namespace has no number for, as root in many a
// sandbox (user_namespaces(7)).
func unmapped(uid uint32) bool {
	const overflow = 65534
	if uid != overflow {
		return false
	}
	mapping, _, err := Read("/proc/self/uid_map", 64<<10)
	return err == nil && strings.Join(strings.Fields(string(mapping)), " ") != "0 0 4294967295"
}

// onReadOnly reports whether a directory is mounted without the right to write, as those of a ConfigMap in Kubernetes,
// which all have the mode 0777.
func onReadOnly(path string) bool {
	var stat unix.Statfs_t
	return unix.Statfs(path, &stat) == nil && stat.Flags&unix.ST_RDONLY != 0
}
