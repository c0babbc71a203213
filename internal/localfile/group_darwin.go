package localfile

// onlyOurs reports whether a group holds nobody but this user and root. No group is one person's here; but those in
// wheel and admin may become root (sudoers of macOS), and Homebrew leaves its directories open to admin.
func onlyOurs(gid uint32) bool { return gid == 0 || gid == 80 }

// hasList: access control lists leave no trace in the mode here, so it is not asked for.
func hasList(string) bool { return false }

// unmapped: this system has no user namespaces.
func unmapped(uint32) bool { return false }

// onReadOnly: what is mounted here without the right to write is not judged by that.
func onReadOnly(string) bool { return false }
