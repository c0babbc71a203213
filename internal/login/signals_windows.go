package login

// holdStops does nothing: no terminal of Windows stops a process.
func holdStops() (release func()) { return func() {} }
