package source

import "testing"

// Whatever lies beside a map: a signature fits only with the two that the key has made, and what it says is in them.
func FuzzSignature(f *testing.F) {
	key, err := parseKey(minisignKey)
	if err != nil {
		f.Fatal(err)
	}
	signed := []byte("version: 1\n")
	for _, text := range []string{minisignPrehashed, minisignLegacy, "", "untrusted comment: \n\ntrusted comment: \n", minisignPrehashed[:120]} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, wrong := check(key, []byte("version: 2\n"), []byte(text)); wrong == "" {
			t.Errorf("fits another map: %q", text)
		}
		s, wrong := check(key, signed, []byte(text))
		if wrong == "" && s.TrustedComment != "access map 12" && s.TrustedComment != "timestamp:1795920172\tfile:map.yaml" {
			t.Errorf("another comment is believed: %q", text)
		}
	})
}
