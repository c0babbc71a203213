package accessmap

import "strings"

// center is an identity of AWS IAM Identity Center, and where its start URL stands.
type center struct {
	identity *Identity
	at       position
}

// sameCenters refuses a second identity of one Identity Center, whatever its region: people have one session there, and in
// it the assignments of those accounts alone that are named by the roles of the identity they signed in with.
func (d *decoder) sameCenters() {
	first := make(map[string]*Identity) // by start URL
	for _, c := range d.centers {
		address := strings.ToLower(c.identity.StartURL)
		switch other := first[address]; {
		case address == "": // which was reported
		case other == nil:
			first[address] = c.identity
		default:
			d.add(c.at, "identities %s and %s are the same Identity Center; give one of them all the roles", other.Name, c.identity.Name)
		}
	}
}
