//go:build !unix

package main

import "os"

var ends = []os.Signal{os.Interrupt}

func hangUp(p *os.Process) error { return p.Kill() }
