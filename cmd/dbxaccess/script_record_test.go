package main

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// inRecord reports whether a file is part of a machine's record.
func inRecord(path string) bool {
	return strings.Contains(filepath.ToSlash(path), "/dbxaccess/audit/")
}

// tellsOf reports whether data has a secret in one of the forms in which texts get into a record: as it is, cut short, or encoded.
func tellsOf(data []byte, secret string) bool {
	const telling = 24 // characters
	if len(secret) <= 8 {
		return false
	}
	for _, form := range []string{
		secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	} {
		if bytes.Contains(data, []byte(form[:min(len(form), telling)])) {
			return true
		}
	}
	return false
}

// scriptRecords checks what the record has of activities: `records assume-role vend` wants at least one of each that was allowed, and
// that each says by which answer of which server it was issued. Served credentials are told of without.
func scriptRecords(ts *testscript.TestScript, _ bool, args []string) {
	found := map[string]int{}
	for e, err := range audit.ReadDir(filepath.Join(ts.Getenv("CONFIG"), "audit")) {
		ts.Check(err)
		if e.Refused != nil {
			continue
		}
		found[string(e.Activity)]++
		switch e.Activity {
		case audit.Assume, audit.Step, audit.Exchange, audit.Vend:
			if e.RequestID == "" {
				ts.Fatalf("%s of %s does not say by which answer", e.Activity, e.Role)
			}
		}
	}
	for _, activity := range args {
		if found[activity] == 0 {
			ts.Fatalf("the record has nothing of %s, and of %s", activity, slices.Sorted(maps.Keys(found)))
		}
	}
}

func TestSecretsInARecordAreFound(t *testing.T) {
	t.Parallel()
	const kept = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	for text, want := range map[string]bool{
		`"text":"` + kept + `"`: true, kept[:30] + "…": true, url.QueryEscape(kept): true, "authorization: " + base64.StdEncoding.EncodeToString([]byte(kept)): true,
		kept[:12] + "…": false, "ASIAEXAMPLE": false,
	} {
		if tellsOf([]byte(text), kept) != want {
			t.Errorf("%s: %t", text, !want)
		}
	}
	if !inRecord("/home/.config/dbxaccess/audit/record-000001.jsonl") || inRecord("/home/.config/dbxaccess/config.yaml") {
		t.Error("other files are the record")
	}
}
