package ui

// HoldStops does nothing: no terminal of Windows stops a process.
func HoldStops() (release func()) { return func() {} }

func stopWith(*hidden) {}
