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
// for each user, under whose umask of 002 every new file is open to it. A group that the files don't know, as one of a
// directory service, counts as shared. Debian's ssh has the same rule:
// https://sources.debian.org/patches/openssh/1:9.2p1-2/user-group-modes.patch/
func onlyOurs(gid uint32) bool {
	id, names := strconv.FormatUint(uint64(gid), 10), []string{"root"}
	us := []string{"0", strconv.Itoa(os.Geteuid())}
	accounts := records("/etc/passwd", 7)
	if len(accounts) == 0 {
		return false
	}
	for _, account := range accounts {
		switch uid, primary := account[2], account[3]; {
		case slices.Contains(us, uid):
			names = append(names, account[0])
		case primary == id:
			return false
		}
	}
	for _, group := range records("/etc/group", 4) {
		if group[2] != id {
			continue
		}
		return !slices.ContainsFunc(strings.Split(group[3], ","), func(name string) bool {
			return name != "" && !slices.Contains(names, name)
		})
	}
	return false
}

// records are the lines with so many fields of a file of accounts: passwd(5), group(5).
func records(path string, fields int) [][]string {
	data, _, err := Read(path, maxAccounts)
	if err != nil {
		return nil
	}
	var all [][]string
	for line := range strings.SplitSeq(string(data), "\n") {
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
