package posture

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// coverage is how much of a place's requests selectors choose.
type coverage int

const (
	nothing coverage = iota
	partly
	wholly
)

// String is the word for it.
func (c coverage) String() string { return [...]string{"nothing", "partly", "wholly"}[c] }

// objectType is what CloudTrail calls objects of S3.
const objectType = "AWS::S3::Object"

// logged looks whether CloudTrail logs each read and each write of a place, and keeps what it logs.
func (c *comparison) logged(b *Bucket, of about, l accessmap.Location) {
	at := objectsARN(b, l)
	var reads, writes coverage
	var here, without []Trail // trails of the region; of them those whose selectors were not read
	for _, t := range c.seen.Trails {
		if t.Account != b.Account || t.Region != b.Region {
			continue
		}
		here = append(here, t)
		trail := about{t.ARN, t.Account, t.Home}
		c.unseen(trail, t.ARN)
		if t.Selectors == nil && t.Classic == nil {
			without = append(without, t)
			continue
		}
		if !t.Logging {
			continue
		}
		r, w := t.covers(at, true), t.covers(at, false)
		reads, writes = max(reads, r), max(writes, w)
		if max(r, w) == nothing {
			continue
		}
		if t.Failing != "" {
			c.find("posture-trail-failing", trail, append(ui.Advice("see what the trail says, and mend its bucket's policy:"),
				ui.Command("aws cloudtrail get-trail-status"+option("name", t.ARN)+option("region", t.Home))...), "its files could not be delivered: %s", t.Failing)
		}
		if !t.Validated {
			c.find("posture-trail-not-validated", trail, ui.Command("aws cloudtrail update-trail"+option("name", t.ARN)+" --enable-log-file-validation"+option("region", t.Home)),
				"log file validation is off")
		}
	}
	unread := slices.ContainsFunc(c.seen.Unread, func(r Refusal) bool {
		return r.Of == Regional(b.Account, b.Region) && r.Action == "cloudtrail:DescribeTrails"
	})
	if reads == wholly && writes == wholly || len(without) > 0 || unread {
		return // or nobody knows, which was told
	}
	n := len(c.findings)
	c.find("posture-not-logged", of, ui.Advice("make a trail of CloudTrail for all regions, whose data events choose reads and writes of "+objectType+" whose resources.ARN starts with "+at),
		"%s", lacking(reads, writes, "s3://"+l.Bucket+"/"+l.Prefix))
	if len(c.findings) > n && len(here) > 0 { // a trail that is there can log it
		c.unlogged = append(c.unlogged, unlogged{n, slices.MaxFunc(here, func(a, b Trail) int { return cmp.Compare(standing(a), standing(b)) }), at})
	}
}

// lacking says what of a place's requests is not logged.
func lacking(reads, writes coverage, place string) string {
	by := map[coverage]string{nothing: " not logged by a trail of CloudTrail", partly: " logged only in part by trails of CloudTrail"}
	switch {
	case reads == nothing && writes == nothing:
		return "neither reads nor writes of " + place + " are logged by a trail of CloudTrail"
	case reads == writes:
		return "reads and writes of " + place + " are" + by[reads]
	case writes == wholly:
		return "reads of " + place + " are" + by[reads]
	case reads == wholly:
		return "writes of " + place + " are" + by[writes]
	}
	return "reads of " + place + " are" + by[reads] + ", and writes are" + by[writes]
}

// covers is how much of the reads, or of the writes, below an ARN a trail chooses.
func (t Trail) covers(at string, read bool) (most coverage) {
	for _, s := range t.Classic {
		if s.ReadWrite != "All" && (s.ReadWrite == "ReadOnly") != read {
			continue
		}
		for _, begins := range s.Data[objectType] {
			most = max(most, below(at, strings.TrimSuffix(begins, "*")))
		}
	}
	for _, s := range t.Selectors {
		most = max(most, s.covers(at, read))
	}
	return most
}

// below is how much of what begins like at begins like begins.
func below(at, begins string) coverage {
	switch {
	case strings.HasPrefix(at, begins):
		return wholly
	case strings.HasPrefix(begins, at):
		return partly
	}
	return nothing
}

// covers is how much of the reads, or of the writes, below an ARN a selector chooses.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
func (s Selector) covers(at string, read bool) coverage {
	found, data, objects := wholly, false, false
	for _, f := range s.Fields {
		is := wholly
		switch f.Name {
		case "eventCategory":
			data = slices.Contains(f.Equals, "Data")
		case "resources.type":
			objects = slices.Contains(f.Equals, objectType)
		case "readOnly":
			if !slices.Contains(f.Equals, map[bool]string{true: "true", false: "false"}[read]) {
				is = nothing
			}
		case "resources.ARN":
			is = f.coversARN(at)
		case "eventSource":
			if !f.chooses("s3.amazonaws.com") {
				is = nothing
			}
		default: // eventName, userIdentity.arn, …: some requests
			is = partly
		}
		found = min(found, is)
	}
	if !data || !objects {
		return nothing
	}
	return found
}

// coversARN is how much of what lies below an ARN a field chooses.
func (f Field) coversARN(at string) coverage {
	found := wholly
	if f.StartsWith != nil {
		of := nothing
		for _, begins := range f.StartsWith {
			of = max(of, below(at, begins))
		}
		found = min(found, of)
	}
	if f.Equals != nil { // single objects
		of := nothing
		for _, object := range f.Equals {
			if strings.HasPrefix(object, at) {
				of = partly
			}
		}
		found = min(found, of)
	}
	for _, begins := range f.NotStartsWith {
		switch below(at, begins) {
		case wholly:
			return nothing
		case partly:
			found = min(found, partly)
		}
	}
	for _, object := range f.NotEquals {
		if strings.HasPrefix(object, at) {
			found = min(found, partly)
		}
	}
	if f.EndsWith != nil || f.NotEndsWith != nil {
		found = min(found, partly)
	}
	return found
}

// chooses reports whether a field chooses a text.
func (f Field) chooses(text string) bool {
	like := func(list []string, by func(s, of string) bool) bool {
		return slices.ContainsFunc(list, func(of string) bool { return by(text, of) })
	}
	equal := func(s, of string) bool { return s == of }
	return (f.Equals == nil || like(f.Equals, equal)) && (f.StartsWith == nil || like(f.StartsWith, strings.HasPrefix)) &&
		(f.EndsWith == nil || like(f.EndsWith, strings.HasSuffix)) &&
		!like(f.NotEquals, equal) && !like(f.NotStartsWith, strings.HasPrefix) && !like(f.NotEndsWith, strings.HasSuffix)
}

// unlogged is a finding of a place that a trail is to log, too.
type unlogged struct {
	finding int // of its comparison
	trail   Trail
	at      string
}

// logUnlogged gives each finding of a place that is not logged its command. A trail takes all its selectors at once, so that each command
// has all that the trail lacks: the next one would take away what only the one before it has.
func logUnlogged(all []*comparison) {
	places := make(map[string][]string)
	for _, c := range all {
		for _, u := range c.unlogged {
			if !slices.Contains(places[u.trail.ARN], u.at) {
				places[u.trail.ARN] = append(places[u.trail.ARN], u.at)
			}
		}
	}
	for _, c := range all {
		for _, u := range c.unlogged {
			c.findings[u.finding].Fix = u.log(places[u.trail.ARN]).Clean()
		}
	}
}

// log has a trail log places, besides what it does already.
func (u unlogged) log(places []string) ui.Fix {
	t := u.trail
	text, ok := t.with(places)
	if !ok {
		return ui.Advice("have the trail " + t.ARN + " log data events, reads and writes, of " + objectType + " whose resources.ARN starts with " + u.at)
	}
	fix := ui.Command("aws cloudtrail put-event-selectors" + option("trail-name", t.ARN) + option("region", t.Home) + " --advanced-event-selectors " + ui.Word(text))
	if !t.Logging {
		fix = append(fix, ui.Command("aws cloudtrail start-logging"+option("name", t.ARN)+option("region", t.Home))...)
	}
	return fix
}

// standing prefers trails that log and are validated.
func standing(t Trail) (n int) {
	if t.Logging {
		n += 2
	}
	if t.Validated {
		n++
	}
	return n
}
