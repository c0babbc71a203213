package desktop

import (
	"runtime"
	"strings"
	"testing"
)

func environment(variables ...string) func(string) string {
	return func(name string) string {
		for _, v := range variables {
			if key, value, _ := strings.Cut(v, "="); key == name {
				return value
			}
		}
		return ""
	}
}

func TestTheBrowserIsOpenedOnlyWhereThePersonSeesIt(t *testing.T) {
	desktop := runtime.GOOS == "darwin" || runtime.GOOS == "windows"
	for _, c := range []struct {
		variables []string
		want      bool
	}{
		{nil, desktop},
		{[]string{"DISPLAY=:0"}, true},
		{[]string{"WAYLAND_DISPLAY=wayland-0"}, true},
		{[]string{"DISPLAY=localhost:10.0", "SSH_CONNECTION=10.0.0.1 1 10.0.0.2 22"}, false},
		{[]string{"DISPLAY=:0", "SSH_TTY=/dev/pts/1"}, false},
	} {
		if got := HasDisplay(environment(c.variables...)); got != c.want {
			t.Errorf("%q: %v", c.variables, got)
		}
	}
}

func TestBROWSERMayOnlyNameAProgram(t *testing.T) {
	for value, want := range map[string]bool{
		"firefox": true, "/usr/bin/firefox-esr": true, "./open.sh": true,
		"": false, "firefox --new-window": false, "-e": false, "sh -c 'rm -rf ~'": false, "a;b": false, "$(x)": false, "a\nb": false, "%s": false,
	} {
		if got := isProgram(value); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

func TestInContainer(t *testing.T) {
	t.Parallel()
	if !InContainer(func(name string) string { return map[string]string{"container": "podman"}[name] }) {
		t.Error("a container that says so is not recognised")
	}
	desktop := map[string]string{"DISPLAY": ":0", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
	if BrowserIsLocal(func(name string) string { return desktop[name] }) {
		t.Error("a display that is passed into a container makes it a desktop")
	}
	if PeerCheck(func(string) string { return "" }) == nil {
		t.Error("connections are not checked")
	}
}

// The browser of Windows is not at home in the Linux under it, display or not; nor can its connections be told there.
func TestLinuxUnderWindows(t *testing.T) {
	t.Parallel()
	getenv := func(name string) string {
		return map[string]string{"WSL_DISTRO_NAME": "Debian", "DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}[name]
	}
	if BrowserIsLocal(getenv) || PeerCheck(getenv) != nil {
		t.Error("it is taken for a desktop of its own")
	}
}
