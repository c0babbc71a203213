// Package peer tells whose program is at the other end of a connection on this machine.
//
// In comes a connection, or both ends of one; out comes the user, as the kernel knows them. Nothing that the other end says
// is read, and an end of which the system tells nothing must never count as ours where the system could tell.
package peer
