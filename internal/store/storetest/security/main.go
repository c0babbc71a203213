// Command security is a double of macOS' program of that name. Its keychain is a directory, which STORE_TEST_SECURITY names: see
// storetest.Security, which has it built. It is a program of its own because one test starts it some hundred times, and a test
// program under the race detector takes long to start.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// keychain is the directory.
type keychain string

func main() {
	status, err := run(keychain(os.Getenv("STORE_TEST_SECURITY")))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func run(s keychain) (status int, err error) {
	argv, err := os.OpenFile(s.path("argv"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	fmt.Fprintln(argv, os.Args[1:])
	if err := argv.Close(); err != nil {
		return 0, err
	}
	if os.Args[1] != "-i" {
		status = s.execute(os.Args[1:])
	} else {
		in := bufio.NewReader(os.Stdin)
		for {
			line, err := readLine(in, 4095)
			if err != nil {
				break
			}
			if status = s.execute(splitLine(line)); status != 0 {
				fmt.Fprintf(os.Stderr, "returned %d\n", status)
			}
		}
	}
	return status, nil
}

func (s keychain) path(name string) string { return filepath.Join(string(s), name) }

// item is the path of an item's file: see storetest.Security.
func (s keychain) item(service, account string) string {
	return s.path("item-" + base64.RawURLEncoding.EncodeToString([]byte(service+"\x00"+account)))
}

// readLine reads no further than security's buffer reaches: the rest of the line is the next command.
func readLine(in *bufio.Reader, longest int) (line string, err error) {
	for len(line) < longest {
		c, err := in.ReadByte()
		if err != nil && line != "" {
			break
		}
		if err != nil {
			return "", err
		}
		if line += string(rune(c)); c == '\n' {
			break
		}
	}
	return line, nil
}

// splitLine splits as security does, except for single quotes.
func splitLine(line string) (words []string) {
	var word *strings.Builder
	quoted, escaped := false, false
	for _, c := range line {
		switch {
		case escaped:
			word.WriteRune(c)
			escaped = false
			continue
		case !quoted && strings.ContainsRune(" \t\n", c):
			if word != nil {
				words = append(words, word.String())
			}
			word = nil
			continue
		}
		if word == nil {
			word = new(strings.Builder)
		}
		switch c {
		case '\\':
			escaped = true
		case '"':
			quoted = !quoted
		default:
			word.WriteRune(c)
		}
	}
	return words
}

func (s keychain) execute(words []string) (status int) {
	if len(words) == 0 {
		return 0
	}
	options, bare := map[string]string{}, map[string]bool{"-U": true, "-w": words[0] == "find-generic-password"}
	for i := 1; i < len(words); i++ {
		if bare[words[i]] {
			options[words[i]] = "yes"
		} else if i+1 < len(words) {
			options[words[i]] = words[i+1]
			i++
		}
	}
	if exists(s.path("hang")) {
		time.Sleep(time.Hour)
	}
	path := s.item(options["-s"], options["-a"])
	foreign := exists(path + ".foreign")
	locked := exists(s.path("locked"))
	switch words[0] {
	case "find-generic-password":
		data, err := os.ReadFile(path)
		switch {
		case err != nil && !foreign:
			fmt.Fprintln(os.Stderr, "security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.")
			return 44
		case locked:
			return 36
		case foreign:
			return 128
		}
		if bytes.ContainsFunc(data, func(r rune) bool { return r < ' ' || r > '~' }) {
			data = []byte(hex.EncodeToString(data))
		}
		fmt.Fprintf(os.Stdout, "%s\n", data)
	case "add-generic-password":
		switch {
		case locked:
			return 36
		case foreign:
			return 100
		case exists(path) && options["-U"] == "":
			return 45
		}
		if os.WriteFile(path, []byte(options["-w"]), 0o600) != nil {
			return 1
		}
	case "delete-generic-password":
		if os.Remove(path) != nil && os.Remove(path+".foreign") != nil {
			return 44
		}
	case "dump-keychain":
		s.dump()
	default:
		fmt.Fprintf(os.Stderr, "security: unknown command %q\n", words[0])
		return 1
	}
	return 0
}

func (s keychain) dump() {
	found, _ := filepath.Glob(s.path("item-*"))
	for _, path := range append(found, "item-"+base64.RawURLEncoding.EncodeToString([]byte("Chrome Safe Storage\x00Chrome"))) {
		name, _ := base64.RawURLEncoding.DecodeString(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "item-"), ".foreign"))
		service, account, _ := strings.Cut(string(name), "\x00")
		fmt.Fprintf(os.Stdout, "keychain: \"/Users/alice/Library/Keychains/login.keychain-db\"\nversion: 512\nclass: \"genp\"\nattributes:\n"+
			"    0x00000007 <blob>=\"%s\"\n    \"acct\"<blob>=\"%s\"\n    \"cdat\"<timedate>=0x323032  \"2026\\000\"\n"+
			"    \"gena\"<blob>=<NULL>\n    \"svce\"<blob>=\"%s\"\n", service, account, service)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
