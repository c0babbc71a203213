package posture

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Severity is how soon someone should look.
type Severity string

// The severities. High and medium are faults; a remark is told, and ends nothing with an error by itself.
const (
	High   Severity = "high"
	Medium Severity = "medium"
	Remark Severity = "remark"
	none   Severity = "" // no finding at all
)

// Severities are all there are, from the least to the most.
func Severities() []Severity { return []Severity{Remark, Medium, High} }

func (s Severity) rank() int { return slices.Index(Severities(), s) }

// Finding is one way in which what stands around datasets is not as the map intends it. Its texts are clean.
type Finding struct {
	ID          ui.ID    `json:"id"`
	Severity    Severity `json:"severity"`
	Datasets    []string `json:"datasets"`    // that it is about, sorted
	Sensitivity string   `json:"sensitivity"` // of the most sensitive of them
	Resource    string   `json:"resource"`    // ARN of the bucket, key, trail, …; of an account its number
	Account     string   `json:"account,omitempty"`
	Region      string   `json:"region,omitempty"`
	What        string   `json:"what"`
	Why         string   `json:"why"` // what comes of it
	Fix         ui.Fix   `json:"fix,omitempty"`
}

// Known reports whether it was seen; of what was not, nobody knows.
func (f Finding) Known() bool { return f.ID != notSeen }

// AtLeast reports whether a finding is as severe as that. What was not seen counts as the severest.
func (f Finding) AtLeast(s Severity) bool { return !f.Known() || f.Severity.rank() >= s.rank() }

const notSeen ui.ID = "posture-not-seen"

// Kind says what the findings of one ID are about, and how severe they are: for restricted and confidential data, for internal data and
// such of which the map does not say, and for public data.
type Kind struct {
	ID                          ui.ID
	Sensitive, Ordinary, Public Severity
	Means                       string
	Why                         string
}

// Kinds are all there are, as docs/posture.md lists them. An ID stays the same in every version.
func Kinds() []Kind {
	return []Kind{
		{"posture-bucket-missing", High, High, High, "there is no bucket of the name",
			"whoever makes a bucket of the name is sent what is written there, and says what is read"},
		{"posture-public", High, High, Remark, "anybody may come to the data, by the bucket's policy, an access control list or an access point, and nothing blocks it",
			"the map's groups decide nothing where no sign-in is asked for"},
		{"posture-let-in", High, Medium, Remark, "a policy or an access control list lets in whom the map does not let in, or to more than it says",
			"who is let in beside the map is on no list of who may read the data, and no group takes it away"},
		{"posture-service", Remark, Remark, none, "a policy lets a service of AWS in",
			"it acts for whoever may set it up; a condition on aws:SourceAccount or aws:SourceArn says for whom"},
		{"posture-access-grant", High, Medium, Remark, "S3 Access Grants let somebody at the data beside the map",
			"credentials of S3 Access Grants come from another list than the map"},
		{"posture-lake-formation", Medium, Remark, none, "the place is registered with Lake Formation",
			"whom Lake Formation lets at tables there reads the files with its role, not by the map"},
		{"posture-block", Medium, Remark, none, "public access is not blocked in all four ways, by the bucket or its account",
			"the next statement or list that lets in everybody takes effect at once"},
		{"posture-plain-http", Medium, Remark, Remark, "the bucket's policy takes requests over plain HTTP",
			"the map's own sessions are denied it; whoever comes another way is not, and is read on the way"},
		{"posture-acl", Medium, Remark, Remark, "access control lists are in force",
			"who writes an object may let others at it, and no policy shows that"},

		{"posture-encryption", High, Medium, Medium, "objects are not encrypted with the map's key unless their writer asks for it",
			"what is written without naming the key can be read without being let use it"},
		{"posture-key-unnamed", Medium, Medium, Medium, "the bucket encrypts with a key of its own, which the map does not name",
			"the map's session policies don't let the key be used, so that reading and writing fail"},
		{"posture-key-none", Medium, none, none, "neither the map nor the bucket has a key of KMS for the data",
			"who may read the bucket reads the data: there is no second policy that has to allow it, and no key whose use is logged"},
		{"posture-bucket-key", Remark, Remark, Remark, "bucket keys are off",
			"each object costs a request to KMS, and is an event of its own"},
		{"posture-key-unusable", High, High, High, "the map's key can't be used, or will not be",
			"nothing that is encrypted with it can be read"},
		{"posture-key-rotation", Medium, Remark, Remark, "KMS does not make new material for the map's key",
			"all that was ever written hangs on one secret"},
		{"posture-key-let-in", High, Medium, Remark, "the policy of the map's key lets somebody decrypt or change it whom the map does not let at the data",
			"with a copy of the objects it is the data"},

		{"posture-not-logged", Medium, Remark, none, "CloudTrail logs no data events for reads or writes of the place, or not for all of them",
			"nobody can tell afterwards who read what, and `audit trace` finds nothing"},
		{"posture-trail-failing", Medium, Remark, none, "the trail that logs the place can't deliver its files",
			"what is not delivered is lost after a while"},
		{"posture-trail-not-validated", Medium, Remark, none, "the trail that logs the place writes no digests",
			"who may write where the log lies can change it, and nobody notices"},
		{"posture-versioning", Medium, Remark, Remark, "the bucket keeps no versions",
			"what is deleted or written over, by mistake or for ransom, is gone"},
		{notSeen, Medium, Medium, Medium, "something could not be read, or not be understood",
			"it is not known whether it is right"},
	}
}

func kindOf(id ui.ID) Kind {
	all := Kinds()
	return all[slices.IndexFunc(all, func(k Kind) bool { return k.ID == id })]
}

// severity is that for data of a sensitivity, "" for no finding.
func (k Kind) severity(sensitivity string) Severity {
	switch sensitivity {
	case accessmap.Restricted, accessmap.Confidential:
		return k.Sensitive
	case accessmap.Public:
		return k.Public
	}
	return k.Ordinary
}

// sorted puts findings together that say the same of one resource for several datasets, and orders them: the severest first, then
// by resource.
func sorted(all []Finding) []Finding {
	joined := []Finding{}
	for _, f := range all {
		at := slices.IndexFunc(joined, func(o Finding) bool { return o.ID == f.ID && o.Resource == f.Resource && o.What == f.What })
		if at < 0 {
			joined = append(joined, f)
			continue
		}
		have := &joined[at]
		have.Datasets = append(have.Datasets, f.Datasets...)
		slices.Sort(have.Datasets)
		have.Datasets = slices.Compact(have.Datasets)
		if f.Severity.rank() > have.Severity.rank() {
			have.Severity = f.Severity
		}
		if accessmap.Rank(f.Sensitivity) > accessmap.Rank(have.Sensitivity) {
			have.Sensitivity = f.Sensitivity
		}
	}
	slices.SortStableFunc(joined, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity.rank(), a.Severity.rank()), strings.Compare(a.Resource, b.Resource))
	})
	return joined
}
