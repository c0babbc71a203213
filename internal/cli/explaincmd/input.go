package explaincmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// readText reads a file, or standard input for "" and "-", of refusal.MaxSize at most.
func readText(ctx context.Context, env *cli.Env, file string) ([]byte, error) {
	if file == "" || file == "-" {
		return readStandardInput(ctx, env)
	}
	text, _, err := localfile.Read(file, refusal.MaxSize)
	if _, large := errors.AsType[*localfile.TooLargeError](err); large {
		return nil, tooLarge(file)
	}
	if errors.Is(err, localfile.ErrNotRegular) {
		return nil, ui.Errorf("explain-unreadable", ui.Failed, "reading %s: %w", ui.Clean(file), err).
			With(ui.Advice("give it on standard input: COMMAND 2>&1 | dbxaccess explain"))
	}
	if err != nil {
		return nil, ui.Errorf("explain-unreadable", ui.Failed, "reading %s: %w", ui.Clean(file), err).
			With(ui.Advice("name a file, or paste the text on standard input: dbxaccess explain"))
	}
	return text, nil
}

// readStandardInput reads to the end. Ctrl-C ends it at once: since a read of a terminal can't be cancelled, it goes on in
// the background.
func readStandardInput(ctx context.Context, env *cli.Env) ([]byte, error) {
	if env.Streams.Interactive {
		end := "press Ctrl-D on a line of its own"
		if runtime.GOOS == "windows" {
			end = "press Ctrl-Z and Enter on a line of its own"
		}
		env.Console.Info("Paste the refusal, then %s.", end)
	}
	type input struct {
		text []byte
		err  error
	}
	read := make(chan input, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(env.Streams.In, refusal.MaxSize+1))
		read <- input{text, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case in := <-read:
		switch {
		case in.err != nil:
			return nil, fmt.Errorf("reading standard input: %w", in.err)
		case len(in.text) > refusal.MaxSize:
			return nil, tooLarge("standard input")
		}
		return in.text, nil
	}
}

func tooLarge(what string) error {
	return ui.Errorf("explain-too-large", ui.Failed, "%s has more than %d MiB", ui.Clean(what), refusal.MaxSize>>20).
		With(ui.Command("tail -n 2000 FILE | dbxaccess explain"))
}
