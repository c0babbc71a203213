package login

// Unassigned is the subject of someone whom Identity Center let in and assigned nothing that the map knows: nothing says
// who that is, and there is nothing that they could take.
const Unassigned = "somebody without an assignment"

// Unnamed reports whether it is not known who signed in at Identity Center. Such a session gives nothing, also once there is
// an assignment: everybody in that state would have one name.
func (s *Session) Unnamed() bool { return s.Subject == Unassigned && s.SSORegion != "" }

// Unfinished reports whether it is not even known what is assigned: that could not be looked up at the sign-in.
func (s *Session) Unfinished() bool { return s.Unnamed() && !s.GroupsPresent }
