package ui

// HoldStops does nothing: no terminal of Windows stops a process.
func HoldStops() (release func()) { return func() {} }

// WhileStopped does nothing, for the same reason.
func WhileStopped(_, _ func()) (over func()) { return func() {} }
