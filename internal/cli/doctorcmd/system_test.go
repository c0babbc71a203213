package doctorcmd

import (
	"runtime"
	"testing"
)

func TestWhatTheSystemIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\nID_LIKE=x\n": {"debian", "12"},
		"ID='opensuse-leap'\nVERSION_ID=15.6":                                                       {"opensuse-leap", "15.6"},
		"ID=arch\nBUILD_ID=rolling\n":                                                               {"arch", ""},
		"":                                                                                          {"", ""},
	} {
		if id, version := osRelease(text); id != want[0] || version != want[1] {
			t.Errorf("%q: %q, %q", text, id, version)
		}
	}
	in := systemOf(func(name string) string { return map[string]string{"container": "podman"}[name] })
	if !in.Container || in.Kernel == "" && runtime.GOOS != "windows" || in.Version == "" && runtime.GOOS != "linux" {
		t.Errorf("%+v", in)
	}
}
