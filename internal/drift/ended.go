package drift

import (
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/iam/compare"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// compareTrust compares who may assume a role. A statement that ends when the rule of the map ended lets in nobody any more, so it is no
// difference. Of one that goes on, ended tells which grant of the map it was; nil where the statement lets in whom no rule ever did.
func compareTrust(want desired.Role, have string) (result compare.Result, ended func(compare.Difference) *desired.Ended, err error) {
	result, err = compare.Trust(textOf(want.Trust), have, want.ARN)
	never := func(compare.Difference) *desired.Ended { return nil }
	if err != nil || len(want.Ended) == 0 || !slices.ContainsFunc(result.Differences, isMore) {
		return result, never, err
	}
	dated, endless := want.Trust, want.Trust
	dated.Statement, endless.Statement = slices.Clone(dated.Statement), slices.Clone(endless.Statement)
	for _, e := range want.Ended {
		dated.Statement = append(dated.Statement, e.Trust)
		endless.Statement = append(endless.Statement, withoutEnd(e.Trust))
	}
	past, err := compare.Trust(textOf(dated), have, want.ARN)
	if err != nil {
		return result, never, err
	}
	beyond, err := compare.Trust(textOf(endless), have, want.ARN)
	if err != nil {
		return result, never, err
	}
	result.Differences = slices.Concat(slices.DeleteFunc(result.Differences, isMore),
		slices.DeleteFunc(past.Differences, func(d compare.Difference) bool { return !d.More }))
	result.Whole = result.Whole && past.Whole
	return result, func(d compare.Difference) *desired.Ended {
		goesBeyond := func(other compare.Difference) bool { return other.More && other.Allows == d.Allows }
		if !d.More || !beyond.Whole || slices.ContainsFunc(beyond.Differences, goesBeyond) {
			return nil
		}
		return latest(want.Ended, d.Request)
	}, nil
}

func isMore(d compare.Difference) bool { return d.More }

// latest is the grant that ended last of those by which a request was let in.
func latest(all []desired.Ended, request evaluate.Request) (last *desired.Ended) {
	for i, e := range all {
		p, err := evaluate.Parse(iam.Policy(withoutEnd(e.Trust)).JSON())
		if err != nil || !evaluate.Decide(evaluate.Layers{Resource: []*evaluate.Policy{p}}, request).Allowed {
			continue
		}
		if last == nil || e.Until.After(last.Until) {
			last = &all[i]
		}
	}
	return last
}

// withoutEnd is a statement that goes on. Package desired writes ends as the only condition on dates.
func withoutEnd(s iam.Statement) iam.Statement {
	s.Condition = maps.Clone(s.Condition)
	delete(s.Condition, "DateLessThan")
	return s
}
