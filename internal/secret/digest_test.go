package secret

import (
	"encoding/hex"
	"testing"
)

func TestNoTwoListsHaveOneDigest(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a", "b", ""}, {"1:a"}, {"a1:b"}, {"a", "1:b"}} {
		sum := Digest(parts...)
		text := hex.EncodeToString(sum[:])
		if seen[text] {
			t.Errorf("%q has the digest of another list", parts)
		}
		seen[text] = true
	}
	// Of "2:ab1:c", as sha256sum prints it.
	if sum := Digest("ab", "c"); hex.EncodeToString(sum[:]) != "430fb1b4ac43316eca81fab27a1930ab8eff8fef6a1dc7903dce44bbc2790dc5" {
		t.Errorf("the digest changed to %x", sum)
	}
}
