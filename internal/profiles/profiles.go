// Package profiles writes the profile entries through which the AWS tools and the Databricks SDKs run dbxaccess, and
// touches no other byte.
//
// In come the profiles that shall be there, each of a role of the access map, and the paths of the config files. Out comes
// a plan: what would change, as a diff, and the change itself when Apply is called. A section belongs to us if its
// helper line runs dbxaccess; no other is ever changed. Lines are edited as bytes, not parsed and printed again:
// comments, order, line endings and odd spacing stay as a person left them, and a file in which our lines can't be told
// for certain is refused with the number of the line.
//
// The package must never write a value that a shell or a config reader could take for more than a name, never write a
// secret, and never show a line that is not its own: config files may hold static keys.
package profiles
