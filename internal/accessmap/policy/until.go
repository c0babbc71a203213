package policy

import (
	"maps"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// ending has a document allow nothing from a time on, by AWS's clock. Each Allow says so itself: one that doesn't, in a
// statement that is added later, would be seen by no one, while an Allow that fails gives nothing.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-currenttime
func ending(d iam.Document, until time.Time) iam.Document {
	if until.IsZero() {
		return d
	}
	for i, s := range d.Statement {
		if s.Effect != "Allow" {
			continue
		}
		conditions := maps.Clone(s.Condition)
		if conditions == nil {
			conditions = iam.Conditions{}
		}
		conditions["DateLessThan"] = map[string]iam.Words{"aws:CurrentTime": {until.UTC().Format(time.RFC3339)}}
		d.Statement[i].Condition = conditions
	}
	return d
}
