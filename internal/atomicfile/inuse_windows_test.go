package atomicfile

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAFileThatAnotherProgramHolds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	put(t, path, []byte("old"))
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	held, err := windows.CreateFile(name, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0) // shared with nobody
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); ui.IDOf(err) != "file-in-use" || ui.HintOf(err) == "" {
		t.Errorf("got %v with hint %q", err, ui.HintOf(err))
	}
	if err := windows.CloseHandle(held); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "old")
}
