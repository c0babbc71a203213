package sandbox

import "slices"

// User is a person who can sign in by being chosen on the sign-in page.
type User struct {
	Name     string // preferred_username, and what Approve and the forms are given
	Subject  string // sub: opaque, as providers make it
	Email    string
	FullName string
	Groups   []string
	// InstanceProfiles are the ARNs that the workspace lets them start clusters with.
	InstanceProfiles []string
}

// DefaultUsers are alice (ml-scientists and analysts), bob (analysts) and carol (no groups).
func DefaultUsers() []User {
	return []User{
		{
			Name: "alice", Subject: "00u1alice7Kq", Email: "alice@example.com", FullName: "Alice Martin",
			Groups:           []string{"ml-scientists", "analysts"},
			InstanceProfiles: []string{"arn:aws:iam::" + Account + ":instance-profile/ml-trainer"},
		},
		{
			Name: "bob", Subject: "00u2bob5Tz", Email: "bob@example.com", FullName: "Bob Okafor",
			Groups: []string{"analysts"},
		},
		{Name: "carol", Subject: "00u3carol9Wd", Email: "carol@example.com", FullName: "Carol Lindqvist"},
	}
}

func (s *Server) user(name string) (*User, bool) {
	i := slices.IndexFunc(s.users, func(u User) bool { return u.Name == name })
	if i < 0 {
		return nil, false
	}
	return &s.users[i], true
}
