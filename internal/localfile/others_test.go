//go:build unix

package localfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOthersMay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	shared := !onlyOurs(uint32(os.Getegid()))
	for mode, want := range map[os.FileMode][2]bool{
		0o600: {false, false}, 0o640: {shared, false}, 0o604: {true, false}, 0o620: {false, shared}, 0o602: {false, true},
		0o666: {true, true}, 0o711: {false, false},
	} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{file, link} {
			if read, write := OthersMay(path); read != want[0] || write != want[1] {
				t.Errorf("%s with %04o: read %v, write %v", filepath.Base(path), mode, read, write)
			}
		}
	}
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	if _, write := OthersMay(dir); write {
		t.Error("others can write into a directory with the sticky bit")
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, write := OthersMay(dir); !write {
		t.Error("a directory for all can be written")
	}
	if read, write := OthersMay(os.DevNull); read || write {
		t.Error("the null device is for others to read or write")
	}
	if read, write := OthersMay(filepath.Join(dir, "none")); read || write {
		t.Error("others can read or write an absent file")
	}
}
