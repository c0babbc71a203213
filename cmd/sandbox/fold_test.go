package main

import "testing"

func TestLinesAreFoldedBelowTheirLastColumn(t *testing.T) {
	for text, want := range map[string]string{
		"    a word and others, to the end\n\nshort\n": "    a word and\n    others, to the\n    end\n\nshort\n",
		"    ml   train the model of churn\n":          "    ml   train the\n         model of\n         churn\n",
		"    >> The demo approves.\n":                  "    >> The demo\n       approves.\n",
		`{"a":"bcdefgh","i":"jklm"}` + "\n":            `{"a":"bcdefgh",` + "\n" + `"i":"jklm"}` + "\n",
		"    https://127.0.0.1:40000/a/b\n":            "    https://127.0.0.1:40000/a/b\n",
		"not ended":                                    "not ended",
	} {
		if got := fold(text, 18); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if got := fold(text, 0); got != text {
			t.Errorf("without a terminal %q became %q", text, got)
		}
	}
}
