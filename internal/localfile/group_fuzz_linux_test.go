package localfile

import (
	"slices"
	"strings"
	"testing"
)

// Whatever stands in the files of accounts: one more person who is in the group makes it shared, by whichever of the two files, before
// or behind all else; and no group is private that neither of them gives to this user or root.
func FuzzAccounts(f *testing.F) {
	f.Add("root:x:0:0::/root:/bin/sh\nalice:x:1001:1001::/home/alice:/bin/sh\n", "root:x:0:\nalice:x:1001:\n")
	f.Add("alice:x:1001:100::/home/alice:/bin/sh", "users:x:100:alice,root\nusers:x:1001:")
	f.Add("+::::::\nalice:x:1001:1001:\n\nbob:x:1002:1001::/:/bin/sh", "+:::\ng:x:1001:,\ng:x:1001:alice")
	f.Fuzz(func(t *testing.T, passwd, group string) {
		const gid, uid = "1001", "1001"
		private := func(passwd, group string) bool { return isPrivate(gid, uid, records(passwd, 7), records(group, 4)) }
		const eve, members = "eve:x:4242:" + gid + "::/:/bin/sh", "more:x:" + gid + ":eve"
		for name, shared := range map[string]bool{
			"her own group":       private(passwd+"\n"+eve, group) || private(eve+"\n"+passwd, group),
			"a member":            !strings.Contains(passwd, "eve:") && (private(passwd, group+"\n"+members) || private(passwd, members+"\n"+group)),
			"a member of several": !strings.Contains(passwd, "eve:") && private(passwd, group+"\n"+strings.Replace(members, ":eve", ":alice,eve", 1)),
		} {
			if shared {
				t.Errorf("with another person by %s, it is private", name)
			}
		}
		ours := func(record []string) bool { return record[2] == uid || record[2] == "0" }
		if private(passwd, group) && !slices.ContainsFunc(records(passwd, 7), ours) {
			t.Error("it is private to an account that nobody knows")
		}
		if private(passwd, "") && !slices.ContainsFunc(records(passwd, 7), func(r []string) bool { return ours(r) && r[3] == gid }) {
			t.Error("it is private and has no member")
		}
	})
}
