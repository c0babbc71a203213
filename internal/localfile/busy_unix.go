//go:build unix

package localfile

// Patiently tries once: files are not kept from others by being open here.
func Patiently(do func() error) error { return do() }
