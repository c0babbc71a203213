package render

import (
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// A value is a string, an int, a list, an object, or a reference.
type value any

type list []value

type object []member

type member struct {
	key   string
	value value
}

// reference is an expression of Terraform, or the logical ID of CloudFormation whose attribute Arn is meant.
type reference string

// referring finds what a principal's ARN is called in the text that is written, as it has to be created first; nil for
// none.
type referring func(arn string) value

// ofDocument is a policy with IAM's own names.
func ofDocument(d iam.Document, refer referring) object {
	statements := make(list, len(d.Statement))
	for i, s := range d.Statement {
		statements[i] = ofStatement(s, refer)
	}
	return object{{"Version", d.Version}, {"Statement", statements}}
}

func ofStatement(s iam.Statement, refer referring) object {
	o := object{{"Effect", s.Effect}}
	if len(s.Principal) > 0 {
		o = append(o, member{"Principal", ofWordsOf(s.Principal, refer)})
	}
	o = append(o, member{"Action", ofWords(s.Action, nil)})
	if len(s.Resource) > 0 {
		o = append(o, member{"Resource", ofWords(s.Resource, nil)})
	}
	if len(s.Condition) > 0 {
		var conditions object
		for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
			conditions = append(conditions, member{operator, ofWordsOf(s.Condition[operator], nil)})
		}
		o = append(o, member{"Condition", conditions})
	}
	return o
}

func ofWordsOf(words map[string]iam.Words, refer referring) object {
	var o object
	for _, key := range slices.Sorted(maps.Keys(words)) {
		o = append(o, member{key, ofWords(words[key], refer)})
	}
	return o
}

// ofWords is a single word as it is, several as a list.
func ofWords(words iam.Words, refer referring) value {
	found := make(list, len(words))
	for i, word := range words {
		found[i] = word
		if refer != nil {
			if to := refer(word); to != nil {
				found[i] = to
			}
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return found
}

// texts is a list of strings.
func texts(words []string) list {
	l := make(list, len(words))
	for i, word := range words {
		l[i] = word
	}
	return l
}
