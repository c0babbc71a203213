package release

import (
	"bytes"
	"debug/buildinfo"
	"debug/macho"
	"encoding/binary"
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// platforms are the systems and processors of a release.
var platforms = []struct{ system, processor string }{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
}

// platformOf is what a file's name says that it is for.
func platformOf(t *testing.T, path string) (system, processor string) {
	t.Helper()
	for _, platform := range platforms {
		if strings.Contains(filepath.Base(path), "_"+platform.system+"_"+platform.processor+".") {
			return platform.system, platform.processor
		}
	}
	t.Fatalf("%s is for nothing that there is a release for", path)
	return "", ""
}

// judge looks whether a program is for the system, of the commit, and without what another machine might lack.
func judge(t *testing.T, program []byte, system, processor string) {
	t.Helper()
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	is := map[string]string{}
	for _, setting := range info.Settings {
		is[setting.Key] = setting.Value
	}
	want := map[string]string{
		"GOOS": system, "GOARCH": processor, "CGO_ENABLED": "0", "-trimpath": "true", "vcs.revision": metadata(t).Commit,
	}
	maps.DeleteFunc(is, func(key, _ string) bool { return want[key] == "" })
	if !maps.Equal(is, want) {
		t.Errorf("it says %v of itself, and not %v", is, want)
	}
	if system == "darwin" {
		judgeDarwin(t, program, processor)
	}
}

// judgeDarwin looks whether a program reaches the Keychain, which it does through Apple's program, and whether macOS will start it:
// on Apple's processors it starts nothing that has no signature at all.
func judgeDarwin(t *testing.T, program []byte, processor string) {
	t.Helper()
	for _, part := range []string{"/usr/bin/security", "/internal/store/keychain.New"} { // the second is a function's name
		if !bytes.Contains(program, []byte(part)) {
			t.Errorf("it has no Keychain: it lacks %s", part)
		}
	}
	image, err := macho.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	const codeSignature = 0x1d // LC_CODE_SIGNATURE
	signed := false
	for _, load := range image.Loads {
		signed = signed || binary.LittleEndian.Uint32(load.Raw()) == codeSignature
	}
	if !signed && processor == "arm64" {
		t.Error("it has no signature, not even the linker's")
	}
}
