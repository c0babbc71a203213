package posture

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// written is a field as the AWS CLI takes it.
type written struct {
	Field         string   `json:"Field"`
	Equals        []string `json:"Equals,omitempty"`
	StartsWith    []string `json:"StartsWith,omitempty"`
	EndsWith      []string `json:"EndsWith,omitempty"`
	NotEquals     []string `json:"NotEquals,omitempty"`
	NotStartsWith []string `json:"NotStartsWith,omitempty"`
	NotEndsWith   []string `json:"NotEndsWith,omitempty"`
}

type writtenSelector struct {
	Name   string    `json:"Name,omitempty"`
	Fields []written `json:"FieldSelectors"`
}

// with are a trail's selectors as they are, with one more for each of some places, as JSON. A trail has either kind, so that
// those of the first kind are written as advanced ones; not ok where these can't say the same.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
func (t Trail) with(places []string) (text string, ok bool) {
	var all []writtenSelector
	for _, s := range t.Selectors {
		one := writtenSelector{Name: s.Name}
		for _, f := range s.Fields {
			one.Fields = append(one.Fields, written{f.Name, f.Equals, f.StartsWith, f.EndsWith, f.NotEquals, f.NotStartsWith, f.NotEndsWith})
		}
		all = append(all, one)
	}
	for _, s := range t.Classic {
		all = append(all, s.advanced()...)
	}
	for _, at := range places {
		all = append(all, writtenSelector{"dbxaccess: " + at, []written{
			{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{objectType}}, {Field: "resources.ARN", StartsWith: []string{at}},
		}})
	}
	for _, s := range all {
		if len(s.Name) > 1000 {
			return "", false
		}
	}
	data, err := json.Marshal(all)
	return string(data), err == nil
}

// advanced are advanced selectors that choose what a classic one does.
func (s ClassicSelector) advanced() (all []writtenSelector) {
	var read []written
	if s.ReadWrite == "ReadOnly" || s.ReadWrite == "WriteOnly" {
		read = []written{{Field: "readOnly", Equals: []string{map[bool]string{true: "true", false: "false"}[s.ReadWrite == "ReadOnly"]}}}
	}
	if s.Management {
		fields := append([]written{{Field: "eventCategory", Equals: []string{"Management"}}}, read...)
		if len(s.Excluded) > 0 {
			fields = append(fields, written{Field: "eventSource", NotEquals: s.Excluded})
		}
		all = append(all, writtenSelector{Fields: fields})
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Data)) {
		fields := append([]written{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{kind}}}, read...)
		if !slices.ContainsFunc(s.Data[kind], everything) {
			fields = append(fields, written{Field: "resources.ARN", StartsWith: s.Data[kind]})
		}
		all = append(all, writtenSelector{Fields: fields})
	}
	return all
}

// everything reports whether a value stands for all resources of its kind, as arn:aws:s3 and arn:aws:lambda do.
func everything(begins string) bool {
	parts := strings.SplitN(begins, ":", 4)
	return len(parts) < 4 || strings.Trim(parts[3], ":") == ""
}
