// Package profiles writes the profile entries through which the AWS tools and the Databricks SDKs run dbxaccess, and
// touches no other byte.
//
// In come the wanted profiles, each of a role of the access map, and one of two targets: the config file of the AWS
// tools or that of the Databricks SDKs. A Target says what differs between them, from where the file is to what its
// readers can't read. Out comes a plan: what would change, as a diff, and the change itself when Apply is called. A
// section is ours if its helper line runs dbxaccess; no other is ever changed. Package editor changes the lines; a file
// in which it is not certain which are ours is refused with the number of the line.
//
// The package must never write a value that is more than a name to a shell or a config reader, never write a secret,
// and never show a line that is not its own: config files may hold static keys.
package profiles

// Profile is a profile of a role, wanted or in a config file. Texts from a file must be shown through ui.Clean.
type Profile struct {
	Name string // prefix and role, ^[a-z0-9][a-z0-9._-]{0,127}$

	// Chosen has the file name it as the default profile of the Databricks tools.
	Chosen bool

	// In the file of the AWS tools, where DefaultName is the profile of those that are told none:
	Role     string // of the access map, ^[a-z0-9][a-z0-9._-]{0,62}$; in an entry, "" where the line names none
	Identity string // of the access map, as Role
	Default  bool   // it is wanted as [default]
	Region   string // "" leaves a region that a person set as it is
	// KeepRegion leaves any region that an entry has: see Record.KeepRegions.
	KeepRegion bool

	// In the file of the Databricks SDKs:
	Host string // of the workspace: "https://name[:port]", http for loopback only
	// AccountID is that of the account if Host is its console or a unified host, for the SDKs' account clients; "" leaves
	// one that a person set as it is.
	AccountID string
	// WorkspaceID tells the SDKs which workspace of a unified host is meant; "" leaves one that a person set.
	WorkspaceID string
	// Scopes are what its tokens are for, commas between them, where that is less than everything; else "". Some SDKs compare
	// them with the token's.
	Scopes string
}

// Entry is a section that runs dbxaccess.
type Entry struct {
	Profile
	For    string // whose file it is in, as Target.For
	File   string // its path
	Line   int    // of the header, from 1
	Helper string // the path that it runs, without quotes around it
	SignIn string // of Databricks: what it signs in with in place of a program, see Foreign
	// Written: it is as we write it, under a name that we could have given. Others were made by hand: they are listed,
	// but never removed.
	Written bool
}

// WithTwins completes the entries of Databricks behind those of AWS: they name no role and no identity, those of the
// AWS profile of the same name are theirs.
func WithTwins(entries []Entry) []Entry {
	twins := map[string]Entry{}
	for i, e := range entries {
		if e.For == ForAWS {
			twins[e.Name] = e
			continue
		}
		entries[i].Role, entries[i].Identity = twins[e.Name].Role, twins[e.Name].Identity
	}
	return entries
}
