package policy

import (
	"iter"
	"slices"
	"strings"
)

// Location is a bucket, or what lies below a prefix of it.
type Location struct {
	Bucket string
	Prefix string // ends in "/"; "" is the whole bucket
}

// String is the location's address, as in s3://bucket/prefix/.
func (l Location) String() string { return "s3://" + l.Bucket + "/" + l.Prefix }

// Holds reports whether all of another location lies in this one.
func (l Location) Holds(other Location) bool {
	return l.Bucket == other.Bucket && strings.HasPrefix(other.Prefix, l.Prefix)
}

// Meets reports whether two locations have objects in common.
func (l Location) Meets(other Location) bool { return l.Holds(other) || other.Holds(l) }

// Compare orders locations so that what lies inside one comes right behind it.
func (l Location) Compare(other Location) int {
	if order := strings.Compare(l.Bucket, other.Bucket); order != 0 {
		return order
	}
	return strings.Compare(l.Prefix, other.Prefix)
}

// Locations are in the order of Compare, so that very many can be looked through in a bearable time.
type Locations []Location

// NewLocations sorts them.
func NewLocations(list iter.Seq[Location]) Locations {
	return slices.SortedFunc(list, Location.Compare)
}

// Hold reports whether one of them holds all of another: it itself, or one above it.
func (p Locations) Hold(l Location) bool {
	for {
		if _, there := slices.BinarySearchFunc(p, l, Location.Compare); there {
			return true
		}
		if l.Prefix == "" {
			return false
		}
		l.Prefix = l.Prefix[:strings.LastIndexByte(strings.TrimSuffix(l.Prefix, "/"), '/')+1]
	}
}

// Meet reports whether one of them has objects in common with another: those inside it come right behind it.
func (p Locations) Meet(l Location) bool {
	next, _ := slices.BinarySearchFunc(p, l, Location.Compare)
	return next < len(p) && l.Holds(p[next]) || p.Hold(l)
}

// outermost are those that lie in no other.
func (p Locations) outermost() (list []Location) {
	for _, l := range p {
		if len(list) == 0 || !list[len(list)-1].Holds(l) {
			list = append(list, l)
		}
	}
	return list
}
