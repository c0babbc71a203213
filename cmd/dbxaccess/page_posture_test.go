//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// TestThePageOnPosture compares what docs/posture.md shows with what the command prints, where AWS is as posture.txtar has it right but
// for a partner whom a bucket's policy lets in, and a key that does not rotate.
func TestThePageOnPosture(t *testing.T) {
	const name, command = "docs/posture.md", "dbxaccess posture churn"
	script, err := txtar.ParseFile(filepath.Join("testdata", "script", "posture.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, file := range script.Files {
		files[file.Name] = string(file.Data)
	}
	path := filepath.Join(t.TempDir(), "access-map.yaml")
	if err := os.WriteFile(path, []byte(files["ml.yaml"]), 0o600); err != nil {
		t.Fatal(err)
	}
	there := files["right.json"]
	for _, change := range [][2]string{
		{
			`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ml-reader"}`,
			`{"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": ["s3:GetObject", "s3:PutObject"], ` +
				`"Resource": "arn:aws:s3:::acme-ml/*"}, {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ml-reader"}`,
		},
		{`"KeyRotationEnabled": true`, `"KeyRotationEnabled": false`},
	} {
		changed := strings.Replace(there, change[0], change[1], 1)
		if changed == there {
			t.Fatalf("%s is not in %s", change[0], there)
		}
		there = changed
	}
	estate, err := sandbox.ReadEstate([]byte(there))
	if err != nil {
		t.Fatal(err)
	}
	server := startPageServer(t, nil)
	server.Settle(estate)
	text := page(t, name)
	keep(t, name, text, answered(t, name, text, command, adminAnswer(t, server, path, strings.Fields(command)[1:])))
}
