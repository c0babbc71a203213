// Command hello is the least a Go program costs: what every figure of the bench is a multiple of.
package main

import "os"

func main() { _, _ = os.Stdout.WriteString("hello\n") }
