package accessmap

import (
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// tag is a session tag with the role that sets it. AWS compares keys without regard to case and keeps the case it was
// given (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html), so tags are held by folded key.
type tag struct{ key, value, from string }

// inheritTags: a role's own value of a tag wins; else all parents that have the tag must have the same value.
func (d *decoder) inheritTags(m *Map, role *Role) {
	own := d.ownTags(role)
	tags := own
	for _, name := range role.Inherits {
		parent := m.Roles[name]
		if parent == nil || len(parent.effectiveTags) == 0 {
			continue
		}
		if len(tags) == 0 {
			tags = parent.effectiveTags // shared: a map with many roles and few tags stays small
			continue
		}
		merged := maps.Clone(tags)
		for _, folded := range slices.Sorted(maps.Keys(parent.effectiveTags)) {
			inherited, present := parent.effectiveTags[folded], merged[folded]
			switch _, isOwn := own[folded]; {
			case isOwn || present.value == inherited.value && present.key != "":
			case present.key == "":
				merged[folded] = inherited
			default:
				d.add(role.at, "role %s inherits tag %s as %s from %s and as %s from %s; give it a value of its own",
					role.Name, inherited.key, shown(present.value), present.from, shown(inherited.value), name)
			}
		}
		if tags = merged; len(tags) > iam.MaxTags {
			break
		}
	}
	if len(tags) > iam.MaxTags {
		d.add(role.at, "role %s has more than %d tags, those it inherits included; AWS takes %d", role.Name, iam.MaxTags, iam.MaxTags)
		tags = own
	}
	role.effectiveTags = tags
}

func (d *decoder) ownTags(role *Role) map[string]tag {
	if len(role.Tags) > iam.MaxTags {
		d.add(role.at, "role %s has %d tags; AWS takes %d", role.Name, len(role.Tags), iam.MaxTags)
		return nil
	}
	tags := make(map[string]tag, len(role.Tags))
	for _, key := range slices.Sorted(maps.Keys(role.Tags)) {
		folded := strings.ToLower(key)
		if other, twice := tags[folded]; twice {
			d.add(role.at, "role %s has the tags %s and %s, which are one to AWS", role.Name, other.key, key)
		}
		tags[folded] = tag{key, role.Tags[key], role.Name}
	}
	return tags
}

// tagsOf are a role's tags with those it inherits.
func tagsOf(r *Role) map[string]string {
	tags := make(map[string]string, len(r.effectiveTags))
	for _, t := range r.effectiveTags {
		tags[t.key] = t.value
	}
	return tags
}
