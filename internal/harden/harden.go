// Package harden makes a process that holds secrets hard to look into for other programs of the same user, as far as each
// system allows (docs/security.md says how far).
//
// It is called once, before a secret is read. What it has changed and a program in our place would inherit can be undone.
// It must never keep the program from working: what the system refuses stays as it was.
package harden

// Process keeps this process's memory from debuggers, core dumps and lists of processes. undo is to be called before
// another program takes our place: the limit of core dumps is that program's own.
func Process() (undo func()) {
	denyDebuggers()
	wipeEnvironment()
	return denyCores()
}
