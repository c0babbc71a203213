package trace

import (
	"cmp"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// Rules are what the join goes by that is a list or a number, for whoever states the same join in another language.
type Rules struct {
	Skew time.Duration // how long before a credential's record what was done with it may be told
	// Issuing are the activities of which a record tells of a credential.
	Issuing []audit.Activity
	// Console is the one of them whose credentials have keys of their own beside.
	Console audit.Activity
	// ObjectWords are what the name of an operation of S3 has one of, if it is about objects; what it does, the first of ObjectVerbs
	// says whose prefix its name has, and it writes where none is.
	ObjectWords []string
	ObjectVerbs []VerbRule
	// Of the parameters of a request to a workspace, the first that is there names what it is about, where that is, and for what
	// credentials were asked. ActionVerbs say it where no parameter does; an action reads where none of them is.
	Place, Address, Operation []string
	ActionVerbs               []VerbRule
	// Copies is the order in which copies of an access count, those first that say most of who it was.
	Copies []Outcome
}

// Outcome is what comes of joining an access: by what it was joined, or why it was not.
type Outcome struct {
	By  By
	Why Reason
}

// VerbRule says what an operation does whose name has a prefix.
type VerbRule struct {
	Prefix string
	Verb   Verb
}

// JoinRules are those that this package goes by.
func JoinRules() Rules {
	return Rules{
		Skew: skew, Issuing: issuing[:], Console: audit.Console, ObjectWords: objectWords[:], ObjectVerbs: objectVerbs[:],
		Place: placeParams[:], Address: addressParams[:], Operation: operationParams[:], ActionVerbs: actionVerbs[:], Copies: copyOrder[:],
	}
}

var (
	issuing     = [...]audit.Activity{audit.Assume, audit.Step, audit.Exchange, audit.Vend, audit.Serve, audit.Console}
	objectWords = [...]string{"Object", "Part", "Multipart"}
	objectVerbs = [...]VerbRule{{"Get", Read}, {"Head", Read}, {"List", Read}, {"Select", Read}, {"Delete", Delete}, {"Abort", Write}}

	placeParams     = [...]string{"table_full_name", "full_name_arg", "volume_full_name", "name_arg"}
	addressParams   = [...]string{"url", "path", "table_url"}
	operationParams = [...]string{"operation", "requested_access"}
	actionVerbs     = [...]VerbRule{{"delete", Delete}, {"create", Write}, {"update", Write}, {"put", Write}, {"write", Write}}

	// What speaks against a name in one copy counts before the name in another that says less.
	copyOrder = [...]Outcome{
		{By: ByKey}, {By: ByParent}, {By: ByOrigin}, {Why: Contradictory}, {Why: Ambiguous}, {By: BySource}, {By: BySession},
		{Why: NameOnly}, {Why: OutsideLife}, {Why: NotIssued}, {Why: NoIdentity}, {Why: NoTime},
	}
)

// Location is where a dataset lies.
type Location struct{ Bucket, Prefix, Dataset string }

// Locations are those of all datasets. An object belongs to the first that has its bucket and begins its key.
func (d *Datasets) Locations() []Location {
	var all []Location
	for bucket, places := range d.buckets {
		for _, p := range places {
			all = append(all, Location{bucket, p.prefix, d.names[p.dataset]})
		}
	}
	slices.SortStableFunc(all, func(a, b Location) int {
		return cmp.Or(cmp.Compare(len(b.Prefix), len(a.Prefix)), cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Prefix, b.Prefix), cmp.Compare(a.Dataset, b.Dataset))
	})
	return all
}
