package sts

import (
	"strings"
	"testing"
)

func TestByHowMuchAPolicyIsTooLarge(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"Packed policy consumes 157% of allotted space, please use smaller policy.":              "take 157 % of the room",
		"Packed size of session tags consumes 101% of allotted space.":                           "take 101 % of the room",
		"The session token is 4410 bytes and exceeds the limit of 4096 bytes":                    "would have 4410 bytes of 4096",
		"Session token exceeds the maximum size of 4,096 bytes: 5,000 bytes (122% of the limit)": "would have 5000 bytes of 4096",
		"the limit is 4096 bytes":          "too large once packed",
		"consumes 99%":                     "too large once packed",
		"":                                 "too large once packed",
		"99999999999999999999999999 bytes": "too large once packed",
	} {
		if got := tooMuch(said); !strings.Contains(got, want) {
			t.Errorf("%q: %s", said, got)
		}
	}
}
