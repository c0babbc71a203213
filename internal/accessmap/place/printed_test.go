package place

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const childVariable = "PLACE_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVariable) {
	case "":
		os.Exit(m.Run())
	case "map":
		fmt.Println("version: 1", len(os.Args), os.Args[len(os.Args)-1])
	case "nothing":
	case "fails":
		fmt.Println("version: 1")
		fmt.Fprint(os.Stderr, "first\nnot \x1b[31msigned in, eyJhbGciOi\n")
		os.Exit(3)
	case "huge":
		fmt.Print(strings.Repeat("#\n", accessmap.MaxSize))
	case "hangs":
		time.Sleep(time.Hour)
	case "asks":
		if n, err := os.Stdin.Read(make([]byte, 1)); n > 0 || err == nil {
			os.Exit(1)
		}
		fmt.Println("version: 1")
	}
	os.Exit(0)
}

func TestWhatACommandPrints(t *testing.T) {
	t.Parallel()
	for child, want := range map[string]struct {
		id   ui.ID
		says string
	}{
		"map": {"", ""}, "asks": {"", ""},
		"nothing": {"map-command-failed", "printed nothing"},
		"fails":   {"map-command-failed", "failed (exit status 3); its last words: not [31msigned in, [redacted]"},
		"huge":    {"map-too-large", "printed more than"},
		"hangs":   {"map-command-failed", "took too long"},
	} {
		tools := &Tools{Environ: func() []string { return append(os.Environ(), childVariable+"="+child) }}
		if child == "hangs" {
			tools.Patience = 200 * time.Millisecond
		}
		p, err := Command(ui.Quote(os.Args[0])+" 'an argument; echo'", "")
		if err != nil {
			t.Fatal(err)
		}
		content, err := Read(t.Context(), tools, p, "")
		if ui.IDOf(err) != want.id || err != nil && (!strings.Contains(err.Error(), want.says) || ui.HintOf(err) == "" || strings.Contains(err.Error(), "\x1b")) {
			t.Errorf("%s: %v", child, err)
		}
		if child == "map" && (err != nil || string(content.Data) != "version: 1 2 an argument; echo\n") {
			t.Errorf("%s: %v", child, content)
		}
		if err == nil {
			if _, _, err := content.Signature(t.Context()); !errors.Is(err, ErrNoSignature) {
				t.Errorf("no signature: %v", err)
			}
		}
	}
}

func TestASignatureIsPrintedByAnotherCommand(t *testing.T) {
	t.Parallel()
	tools := &Tools{Environ: func() []string { return append(os.Environ(), childVariable+"=map") }}
	p, err := Command(ui.Quote(os.Args[0])+" one", ui.Quote(os.Args[0])+" two")
	if err != nil {
		t.Fatal(err)
	}
	content, err := Read(t.Context(), tools, p, "")
	if err != nil {
		t.Fatal(err)
	}
	if text, place, err := content.Signature(t.Context()); err != nil || string(text) != "version: 1 2 two\n" || !strings.Contains(place, "two") {
		t.Errorf("%q, %s, %v", text, place, err)
	}
	again, err := Command(strings.TrimPrefix(p.String(), CommandPrefix), SignatureCommand(p))
	if err != nil || again.Named() != p.Named() {
		t.Errorf("%v, %v", again, err)
	}
}

func TestProgramsOfTheCurrentDirectoryDoNotRun(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("PATH", ".")
	if err := os.WriteFile("gh", []byte("#!/bin/sh\ntouch canary\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"gh api", "no-such-program"} {
		p, err := Command(text, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(t.Context(), &Tools{}, p, ""); ui.IDOf(err) != "map-command-missing" || ui.HintOf(err) == "" {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := os.Stat("canary"); err == nil {
		t.Error("it ran")
	}
}
