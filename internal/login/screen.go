package login

import "time"

// Flow is a way to sign in, as the access map and --flow spell it.
type Flow string

// Ways to sign in.
const (
	FlowBrowser Flow = "browser" // in the browser of this machine (RFC 8252)
	FlowDevice  Flow = "device"  // by a code, on any device (RFC 8628)
)

// PageWait bounds waiting for the person to come back from the page that Screen.Page shows.
const PageWait = 5 * time.Minute

// Screen is what a sign-in shows the person. Page and Code must return at once; the done that they return is called when
// the wait for the person is over.
type Screen struct {
	// Flow settles the way to sign in, given which of them the provider offers.
	Flow func(browser, device bool) (Flow, error)
	// Page shows the address that begins a sign-in in the browser. It is safe to be shown and opened. deviceToo: the
	// provider offers device codes as well.
	Page func(address string, deviceToo bool) (done func())
	// Code shows a device code and where to type it.
	Code func(code *DeviceCode) (done func())
	// Approved tells that the person has approved, and what is waited for now; nil: nothing is told.
	Approved func(doing string)
}

// LookingUp tells that the person has approved, and that it is looked up what that gives.
func (s Screen) LookingUp() {
	if s.Approved != nil {
		s.Approved("looking up your assignments")
	}
}

// DeviceCode is a sign-in that waits for a person, who types a code on any device. All texts are cleaned.
type DeviceCode struct {
	UserCode                string // what the person types
	VerificationURI         string // where; safe to show and to open
	VerificationURIComplete string // the same with the code in it; "" where absent or refused
	Host                    string // of VerificationURI: tell the person whose page it is
	RefusedHost             string // of a refused VerificationURIComplete, to be named and never opened; "" if none was
	Expires                 time.Time
	Interval                time.Duration // between two questions whether it is approved, 1 s to 60 s
}
