package use

import (
	"slices"
	"strings"
	"testing"
)

// Whatever a bundle's file says: the workspace that is taken stands in it, and one that is added for a target is that target's and no
// other's.
func FuzzBundle(f *testing.F) {
	f.Add("workspace: {host: https://a.example}\ntargets:\n  dev: {default: true, workspace: {profile: dbx-dev}}\n  prod: {}\n", "prod")
	f.Add("targets: &t {dev: {workspace: {profile: x}}}\nother: *t\n", "")
	f.Add("workspace: &w {host: h, profile: p}\ntargets: {a: {workspace: *w}, b: {<<: {default: yes}}}", "b")
	f.Add("- a\n", "a")
	f.Add("\tx: [", "")
	f.Fuzz(func(t *testing.T, text, target string) {
		w := workspaceIn([]byte(text), target)
		// What YAML folds or escapes stands there otherwise.
		if !strings.ContainsAny(text, "\\\"'>|\r\n\t!*") && (!strings.Contains(text, w.Host) || !strings.Contains(text, w.Profile)) {
			t.Fatalf("%+v", w)
		}
		const mine = "made-up-target"
		if strings.Contains(text, mine) || !strings.HasSuffix(text, "\ntargets:\n") {
			return
		}
		added := text + "  " + mine + ": {workspace: {host: https://mine.example}}\n"
		if got := workspaceIn([]byte(added), mine); got != (bundleWorkspace{Host: "https://mine.example"}) && workspaceIn([]byte(text), "") != (bundleWorkspace{}) {
			t.Fatalf("%+v", got)
		}
		if got := workspaceIn([]byte(added), "another"); got.Host == "https://mine.example" {
			t.Fatal("another target is given its workspace")
		}
	})
}

// Words come out at the other host as they went in, on a line that no shell reads anything in; what is no such line is none there.
func FuzzFarLine(f *testing.F) {
	f.Add("ls\x00-l\x00$(rm x)\x00'a' \"b\"")
	f.Add("!!\n\\")
	f.Add("")
	f.Fuzz(func(t *testing.T, joined string) {
		words := strings.Split(joined, "\x00")
		line := farLine(forwardedPrefix+"X", words)
		prefix := farLine(forwardedPrefix+"X", nil) + " "
		text, ok := strings.CutPrefix(line, prefix)
		if !ok || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Fatalf("%q", line)
		}
		if got, err := farWords(text); err != nil || !slices.Equal(got, words) {
			t.Fatalf("%q, %v", got, err)
		}
		if got, err := farWords(joined); err == nil && len(got) == 0 {
			t.Fatal("no words, and no error")
		}
	})
}
