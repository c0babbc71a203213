package main

import (
	"crypto/rand"
	"io"
	"os"
	"strings"
	"sync"

	"aead.dev/minisign"
	"github.com/rogpeppe/go-internal/testscript"
)

// authors are the keys that scripts sign maps with, by name.
var authors sync.Map

// scriptSign signs a file as minisign does, and has the variable NAME hold the public key: `sign ANNA map.yaml version 12`.
func scriptSign(ts *testscript.TestScript, _ bool, args []string) {
	made, _ := authors.LoadOrStore(args[0], sync.OnceValue(func() [2]any {
		public, private, err := minisign.GenerateKey(rand.Reader)
		if err != nil {
			panic(err)
		}
		return [2]any{public.String(), private}
	}))
	key := made.(func() [2]any)()
	ts.Setenv(args[0], key[0].(string))
	file := ts.MkAbs(args[1])
	r := minisign.NewReader(strings.NewReader(ts.ReadFile(file)))
	_, _ = io.Copy(io.Discard, r)
	ts.Check(os.WriteFile(file+".minisig", r.SignWithComments(key[1].(minisign.PrivateKey), strings.Join(args[2:], " "), "of a script"), 0o600))
}
