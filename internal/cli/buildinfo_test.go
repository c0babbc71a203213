package cli

import (
	"crypto/sha256"
	"fmt"
	"runtime/debug"
	"testing"
)

func TestWhatABuildSaysOfItself(t *testing.T) {
	t.Parallel()
	a, b := &debug.Module{Path: "example.com/a", Version: "v1.0.0", Sum: "h1:aaa="}, &debug.Module{Path: "example.com/b", Version: "v2.1.0", Sum: "h1:bbb="}
	moved := &debug.Module{Path: "example.com/c", Version: "v9.9.9", Replace: b}
	info := func(system, cgo string, deps ...*debug.Module) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Sum: "h1:main="}, Deps: deps, Settings: []debug.BuildSetting{
			{Key: "CGO_ENABLED", Value: cgo}, {Key: "GOOS", Value: system}, {Key: "vcs.time", Value: "2026-11-22T09:15:00Z"}, {Key: "vcs.modified", Value: "true"},
		}}
	}
	want := BuildInfo{
		Date: "2026-11-22T09:15:00Z", Modified: true, ModuleDigest: "h1:main=", Static: true,
		Dependencies: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte("example.com/a v1.0.0 h1:aaa=\nexample.com/b v2.1.0 h1:bbb=\n"))),
	}
	for name, is := range map[string]*debug.BuildInfo{"in order": info("linux", "0", a, b), "in another order": info("linux", "0", b, a), "replaced": info("linux", "0", moved, a)} {
		if got := BuildInfoOf(is); got != want {
			t.Errorf("%s: %+v, not %+v", name, got, want)
		}
	}
	for _, dynamic := range []*debug.BuildInfo{info("linux", "1"), info("darwin", "0"), info("windows", "0"), {}, nil} {
		if BuildInfoOf(dynamic).Static {
			t.Errorf("%v is said to need no library of the system", dynamic)
		}
	}
}
