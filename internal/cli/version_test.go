package cli

import "testing"

func TestWhatABuildIsCalled(t *testing.T) {
	t.Parallel()
	for given, want := range map[string][2]string{
		"v1.2.0": {"v1.2.0", "v1.2.0"}, "1.2.0": {"v1.2.0", "v1.2.0"},
		"v1.2.0-rc.1": {"v1.2.0", "v1.2.0-rc.1"}, "v1.2.0+dirty": {"v1.2.0", "v1.2.0+dirty"},
		"(devel)": {"v1.0.0", ""}, "v0.0.0-20261201044900-0123456789ab": {"v1.0.0", ""}, "v1.2.0-rc 1": {"v1.2.0", ""},
	} {
		v := VersionOf(given)
		if v.Number != want[0] || v.Release != want[1] {
			t.Errorf("%s: %s, %q", given, v.Number, v.Release)
		}
	}
	if v := VersionOf("v1.2.0-rc.1"); v.Serves("v1.2.0") != nil || v.Serves("v1.2.1") == nil {
		t.Error("a map for a release is not taken by its candidate, or one for a later release is")
	}
}
