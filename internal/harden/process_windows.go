package harden

// Windows lets a user's programs read each other's memory: what a program denies itself its owner can allow again. Go
// turns off the reports of errors, and with them dumps, at its start (runtime, preventErrorDialogs); a variable that is
// removed is gone from the process's environment.

func denyDebuggers() {}

func wipeEnvironment() {}

func denyCores() (undo func()) { return func() {} }
