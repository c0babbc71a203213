package tally

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Whatever a tally's file holds: no more is counted than there is room for, reading what is new alone comes to the same as reading all
// of it, and what is told once is told no more.
func FuzzTally(f *testing.F) {
	entry := func(at int64) []byte {
		b := binary.BigEndian.AppendUint64(nil, uint64(at))
		return append(binary.BigEndian.AppendUint32(b, 4711), mark...)
	}
	begin := fmt.Appendf(nil, "%0*x {}\n", toldSize, 0)
	one, two := entry(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC).UnixNano()), entry(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC).UnixNano())
	f.Add([]byte(nil))
	f.Add(bytes.Join([][]byte{begin, one, two}, nil))
	f.Add(bytes.Join([][]byte{begin, one[:7], two, one[:15], one}, nil))
	f.Add(bytes.Join([][]byte{fmt.Appendf(nil, "%0*x {}\n", toldSize, 1), one, two[:3], two}, nil))
	f.Add(bytes.Join([][]byte{fmt.Appendf(nil, "%0*x {}\n", toldSize, 2), []byte("x"), one, two, one}, nil))
	f.Add(bytes.Join([][]byte{fmt.Appendf(nil, "%0*x {}\n", toldSize, uint64(1)<<61), one}, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "t"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := Read(dir, "t")
		fresh, freshErr := ReadNew(dir, "t")
		if err == nil && all.Untold > len(data)/entrySize {
			t.Fatalf("%d servings in %d bytes", all.Untold, len(data))
		}
		if err != nil {
			return // where less is left than was told, ReadNew may see what is new
		}
		if freshErr != nil || !bytes.Equal(fresh.Common, all.Common) {
			t.Fatalf("%+v and %+v, %v", all, fresh, freshErr)
		}
		// With what is no entry before the last one that was told, the two may count from another place.
		head := bytes.IndexByte(data, '\n') + 1
		if (len(data)-head)%entrySize == 0 && bytes.Count(data[head:], []byte(mark))*entrySize == len(data)-head && all.all*entrySize == len(data)-head {
			if fresh.Untold != all.Untold || fresh.First != all.First || !fresh.Since.Equal(all.Since) || !fresh.Last.Equal(all.Last) {
				t.Fatalf("all of it: %+v; what is new: %+v", all, fresh)
			}
		}
		if err := all.Told(); err != nil {
			t.Fatal(err)
		}
		if again, err := Read(dir, "t"); err != nil || again.Untold != 0 {
			t.Fatalf("told, there are still %+v, %v", again, err)
		}
	})
}

// Entries that were broken off between whole ones cost none of these.
func FuzzBrokenOff(f *testing.F) {
	f.Add([]byte{0, 3, 15, 1}, uint32(4711))
	f.Add([]byte{12, 13, 14, 15, 255}, uint32(0))
	f.Fuzz(func(t *testing.T, cuts []byte, pid uint32) {
		dir := t.TempDir()
		if err := Begin(dir, "t", []byte("{}")); err != nil {
			t.Fatal(err)
		}
		const mostPID = 1 << 22 // proc(5), pid_max
		at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
		path := filepath.Join(dir, "t")
		for i, cut := range cuts[:min(len(cuts), 64)] {
			if err := Add(dir, "t", at.Add(time.Duration(i)*time.Second), int(pid%mostPID)); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := Add(dir, "t", at, int(pid%mostPID)); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, info.Size()+int64(cut)%entrySize); err != nil {
				t.Fatal(err)
			}
		}
		if c, err := Read(dir, "t"); err != nil || c.Untold != min(len(cuts), 64) {
			t.Fatalf("%d of %d are counted, %v", c.Untold, len(cuts), err)
		}
	})
}
