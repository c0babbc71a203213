//go:build unix && !linux

package beside

// waysToWait for the end of a process.
var waysToWait = []func(int) (func(), error){End}
