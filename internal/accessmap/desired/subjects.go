package desired

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxPlaces bounds how many an error names.
const maxPlaces = 5

// byAudience is about a rule on groups, which AWS can't see: people are listed instead, or anyone may come who may use the application.
func (b *builder) byAudience(w way, h held, o of) {
	r := b.role(w.hops[0].RoleARN)
	if len(b.o.Subjects) > 0 {
		exactly(h.conditions, o.host+":sub", b.o.Subjects...)
		if !b.over && r.listed[o.host] == "" {
			r.listed[o.host] = w.given.Role
		}
		return
	}
	if !b.over {
		r.ByAudience = true
	}
	b.gap(Gap{
		ID: "trust-by-audience-alone", Role: w.given.Role,
		What: fmt.Sprintf("identity %s: AWS can't see groups, so whoever may use the application %s can take %s", w.identity.Name, o.audience(), w.hops[0].RoleARN),
		Fix: "have the provider sign a session tag for the group and name it under signed_tags, list the people's subjects with --subject, " +
			"or give each class of people an application of its own",
	})
}

// listedOnce refuses a list of people that would be written for more than one IAM role, or for people of more than one provider. It does not
// say which role somebody on it is given, and at another provider its subjects are other people.
func (b *builder) listedOnce(s *State) error {
	var places, roles []string
	for _, r := range s.Roles {
		listed := b.roles[r.ARN].listed
		for _, host := range slices.Sorted(maps.Keys(listed)) {
			places = append(places, r.ARN+" from "+host)
			roles = with(roles, listed[host])
		}
	}
	if len(places) < 2 {
		return nil
	}
	fix := "ask for one of these roles at a time, with the subjects of its people: " + ui.And(few(roles))
	if len(roles) == 1 {
		fix = "give the people of each provider an IAM role of their own, or name session tags that the providers sign under signed_tags"
	}
	return ui.Errorf("subjects-of-several", ui.Usage, "--subject lists people of one provider for one IAM role, and here it would let all of them in to %s",
		ui.And(few(places))).With(ui.Advice(fix))
}

func few(all []string) []string {
	if len(all) <= maxPlaces {
		return all
	}
	return append(slices.Clone(all[:maxPlaces]), fmt.Sprintf("%d more", len(all)-maxPlaces))
}
