//go:build !linux

package under

func stayUntilInputEnds() {}
