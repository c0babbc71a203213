package source

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func saved(t *testing.T, dir string, data []byte) Origin {
	t.Helper()
	origin := Origin{
		From: "https://maps.example/map.yaml", ETag: `"1"`, SHA256: Digest(data),
		Fetched: time.Unix(1_800_000_000, 0).UTC(),
	}
	if err := Save(dir, data, origin); err != nil {
		t.Fatal(err)
	}
	return origin
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheCopyComesBack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "settings")
	origin := saved(t, dir, acme(t))
	loaded, err := LoadCopy(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, stamp := loaded.Map, loaded.Stamp
	if diff := cmp.Diff(origin, loaded.Origin); diff != "" {
		t.Error(diff)
	}
	if now, err := StampOf(filepath.Join(dir, CopyName)); err != nil || !now.Equal(stamp) || len(m.Roles) != 3 {
		t.Errorf("%v, %+v, %+v", err, now, stamp)
	}
	if runtime.GOOS != "windows" {
		for _, name := range []string{CopyName, OriginName} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != 0o600 {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
	}
}

func TestACopyThatIsNotWhatWasFetched(t *testing.T) {
	t.Parallel()
	const again, unknown = "dbxaccess init https://maps.example/map.yaml", "dbxaccess init FILE|URL"
	good := string(acme(t))
	for name, c := range map[string]struct {
		copied, origin string // what the files hold; "-" for no file, "" for what was saved
		text, hint     string
		none           bool
		id             ui.ID
	}{
		"nothing there":  {"-", "-", "no access map yet", unknown, true, "map-missing"},
		"copy missing":   {"-", "", "map.yaml is missing", again, true, "map-missing"},
		"origin missing": {"", "-", "no access map yet", unknown, true, "map-missing"},
		"edited":         {good + "# x\n", "", "is not what was fetched from https://maps.example/map.yaml", again, false, "map-copy-differs"},
		"cut":            {good[:100], "", "is not what was fetched from https://maps.example/map.yaml", again, false, "map-copy-differs"},
		"origin damaged": {"", "{", "map.json is damaged", unknown, false, "map-origin-damaged"},
		"origin null":    {"", "null", "is not what was fetched", unknown, false, "map-copy-differs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			saved(t, dir, acme(t))
			for file, text := range map[string]string{CopyName: c.copied, OriginName: c.origin} {
				switch path := filepath.Join(dir, file); text {
				case "":
				case "-":
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
				default:
					write(t, path, text)
				}
			}
			waits := 0
			loaded, err := loadCopy(dir, func() { waits++ })
			if loaded != nil || err == nil || !strings.Contains(err.Error(), c.text) || !strings.Contains(ui.HintOf(err), c.hint) ||
				errors.Is(err, ErrNoCopy) != c.none || ui.IDOf(err) != c.id || waits > 10 {
				t.Errorf("got %s: %v, hint %q, %d waits", ui.IDOf(err), err, ui.HintOf(err), waits)
			}
		})
	}
}

// Another process is between writing the copy and writing its origin.
func TestACopyThatIsBeingReplacedIsWaitedFor(t *testing.T) {
	t.Parallel()
	dir, next := t.TempDir(), append(acme(t), "# next\n"...)
	saved(t, dir, acme(t))
	write(t, filepath.Join(dir, CopyName), string(next))
	waits := 0
	loaded, err := loadCopy(dir, func() {
		if waits++; waits == 2 {
			saved(t, dir, next)
		}
	})
	if err != nil || loaded.Origin.SHA256 != Digest(next) || waits != 2 {
		t.Errorf("got %v after %d waits", err, waits)
	}
}

func TestACopyOfABadMapNamesItsSource(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), []byte("version: 3\n")
	if err := Save(dir, data, Origin{From: "https://maps.example/m?token=canary", SHA256: Digest(data)}); err != nil {
		t.Fatal(err)
	}
	_, err := LoadCopy(dir)
	if _, ok := errors.AsType[*accessmap.Problems](err); !ok || !strings.HasPrefix(err.Error(), "https://maps.example/m:1:") {
		t.Errorf("got %v", err)
	}
}

func TestTheOriginOfAnotherMapIsNotSaved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := Save(dir, acme(t), Origin{SHA256: Digest(nil)}); err == nil {
		t.Error("saved")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestLoadAndItsStamp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "map.yaml")
	if _, _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) || ui.HintOf(err) == "" {
		t.Errorf("got %v", err)
	}
	if _, err := StampOf(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, _, err := LoadTrusted(path); ui.IDOf(err) != "map-named-missing" || !strings.Contains(ui.HintOf(err), "unset "+settings.MapVariable) {
		t.Errorf("got %s: %v", ui.IDOf(err), err)
	}
	write(t, path, string(acme(t)))
	m, stamp, err := Load(path)
	if err != nil || len(m.Roles) != 3 || stamp.Path != path || stamp.Size != int64(len(acme(t))) {
		t.Fatalf("%v, %+v", err, stamp)
	}
	encoded, err := json.Marshal(stamp)
	if err != nil {
		t.Fatal(err)
	}
	var back Stamp
	if err := json.Unmarshal(encoded, &back); err != nil || !back.Equal(stamp) {
		t.Errorf("%v, %s", err, encoded)
	}
	// Every sign of a change counts: the time, the size, another file in its place, another path.
	changed := stamp.ModTime.Add(time.Nanosecond * 1000)
	if err := os.Chtimes(path, changed, changed); err != nil {
		t.Fatal(err)
	}
	if now, err := StampOf(path); err != nil || now.Equal(stamp) {
		t.Errorf("another time: %v, %+v", err, now)
	}
	// Changed within the same size, and its time set back.
	if runtime.GOOS != "windows" {
		before, err := StampOf(path)
		write(t, path, strings.Replace(string(acme(t)), "ml-trainer", "ml-TRAINER", 1))
		if after, statErr := StampOf(path); errors.Join(err, os.Chtimes(path, changed, changed), statErr) != nil || after.Equal(before) {
			t.Errorf("%+v, %+v", before, after)
		}
		if after, err := StampOf(path); err != nil || after.Equal(before) || after.Size != before.Size || !after.ModTime.Equal(before.ModTime) {
			t.Errorf("a change that was covered up: %v, %+v, %+v", err, before, after)
		}
	}
	for _, other := range []Stamp{
		{Path: path + "x", Size: stamp.Size, ModTime: stamp.ModTime, Inode: stamp.Inode},
		{Path: path, Size: stamp.Size + 1, ModTime: stamp.ModTime, Inode: stamp.Inode},
		{Path: path, Size: stamp.Size, ModTime: stamp.ModTime, Inode: stamp.Inode + 1},
		{},
	} {
		if other.Equal(stamp) {
			t.Errorf("%+v equals %+v", other, stamp)
		}
	}
	write(t, path, "version: 1\nroles: x\n")
	if _, _, err := Load(path); err == nil || !strings.HasPrefix(err.Error(), path+":1:1: ") {
		t.Errorf("got %v", err)
	}
	write(t, path, strings.Repeat("#", accessmap.MaxSize+1))
	if _, _, err := Load(path); err == nil || !strings.Contains(err.Error(), "is larger than 8 MiB") {
		t.Errorf("got %v", err)
	}
}

func testdata(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// acme is the example map.
func acme(t testing.TB) []byte {
	t.Helper()
	return []byte(testdata(t, "acme.yaml"))
}
