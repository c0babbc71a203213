package ancestors

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

func process(pid int) (called string, parent int, ok bool) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return "", 0, false
	}
	return unix.ByteSliceToString(info.Proc.P_comm[:]), int(info.Eproc.Ppid), true
}

// words reads what sysctl(3) calls KERN_PROCARGS2: how many words there are, the program's file, zeros, and the words.
func words(pid int) (found []string) {
	all, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(all) < 4 {
		return nil
	}
	count := binary.LittleEndian.Uint32(all)
	_, rest, _ := bytes.Cut(all[4:], []byte{0})
	for rest = bytes.TrimLeft(rest, "\x00"); len(rest) > 0 && len(found) < int(min(count, maxWords)); {
		var word []byte
		word, rest, _ = bytes.Cut(rest, []byte{0})
		found = append(found, string(word))
	}
	return found
}
