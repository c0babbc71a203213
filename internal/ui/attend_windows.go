package ui

import (
	"errors"
	"io"
	"os"
)

// consoleDevice is the process's own, whatever its streams are.
type consoleDevice struct{ in, out *os.File }

func (c consoleDevice) Read(p []byte) (int, error)  { return c.in.Read(p) }
func (c consoleDevice) Write(p []byte) (int, error) { return c.out.Write(p) }
func (c consoleDevice) Close() error                { return errors.Join(c.in.Close(), c.out.Close()) }

func openTerminal() (io.ReadWriteCloser, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	return consoleDevice{in, out}, nil
}
