package signin

import "github.com/dbxaccess/dbxaccess/internal/sandbox/harness"

// User is a person who can sign in by being chosen on the sign-in page.
type User struct {
	Name     string // preferred_username, and what Approve and the forms are given
	Subject  string // sub: opaque, as providers make it
	Email    string
	FullName string
	Groups   []string
	AppRoles []string // roles of the application, where the kind of provider has them
	// InstanceProfiles are the ARNs that the workspace lets them start clusters with.
	InstanceProfiles []string
	// Assignments are what IAM Identity Center assigns to them: accounts and permission sets, as in 111122223333/MLAdmin.
	Assignments []string
}

// users are alice (ml-scientists and analysts; MLAdmin and MLReader), bob (analysts; MLReader) and carol (no groups,
// nothing assigned).
func users() []User {
	const account = harness.Account
	return []User{
		{
			Name: "alice", Subject: "00u1alice7Kq", Email: "alice@example.com", FullName: "Alice Martin",
			Groups:           []string{"ml-scientists", "analysts"},
			AppRoles:         []string{"ml-trainer"},
			InstanceProfiles: []string{"arn:aws:iam::" + account + ":instance-profile/ml-trainer"},
			Assignments:      []string{account + "/MLAdmin", account + "/MLReader"},
		},
		{
			Name: "bob", Subject: "00u2bob5Tz", Email: "bob@example.com", FullName: "Bob Okafor",
			Groups: []string{"analysts"}, AppRoles: []string{"ml-reader"}, Assignments: []string{account + "/MLReader"},
		},
		{Name: "carol", Subject: "00u3carol9Wd", Email: "carol@example.com", FullName: "Carol Lindqvist"},
	}
}
