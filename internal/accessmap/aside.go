package accessmap

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// What the map says of things that stand beside a role: nobody's credentials depend on them, but what has to stand at AWS and at
// Databricks does.

// UnityCredential is a storage credential or a service credential of Unity Catalog, which stands on a role's ARN.
type UnityCredential struct {
	Name       string
	ExternalID string // a UUID; "" until Databricks has made it
}

var (
	instanceProfileForm = &form{
		pattern: `^arn:[a-z][a-z0-9-]{0,30}:iam::[0-9]{12}:instance-profile/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,128}$`,
		wrong:   "is not the ARN of an instance profile, as in arn:aws:iam::111122223333:instance-profile/name",
	}
	crossAccountRoleForm = &form{
		pattern: `^arn:[a-z][a-z0-9-]{0,30}:iam::[0-9]{12}:role/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$`,
		wrong:   "is not the ARN of an IAM role with an account, as in arn:aws:iam::111122223333:role/name",
	}
	// Databricks takes any name but puts it into addresses of its API; this is what needs no escape there.
	credentialNameForm = &form{
		pattern: `^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$`,
		wrong:   "is not the name of a credential of Unity Catalog: 1 to 255 letters, digits, dot, underscore, hyphen",
	}
	signedTagsForm = &form{keys: groupForm, each: &form{
		keys: tagKeyForm, each: tagValueForm, schema: schema{MinProperties: 1, MaxProperties: iam.MaxTags},
	}}
)

var unityCredentialFields = []field[UnityCredential]{
	{"name", required, credentialNameForm, func(v value, s *UnityCredential) { s.Name = v.text() },
		"Its name in the metastore."},
	{"external_id", optional, uuidForm, func(v value, s *UnityCredential) { s.ExternalID = v.text() },
		"What Databricks names to AWS as sts:ExternalId; it is known once the credential was made there."},
}

func readStorageCredential(v value, r *Role) {
	r.StorageCredential = &UnityCredential{}
	read(v.decoder, v.node, "storage_credential of role "+r.Name, place(v.node), unityCredentialFields, r.StorageCredential)
}

func readServiceCredential(v value, r *Role) {
	r.ServiceCredential = &UnityCredential{}
	read(v.decoder, v.node, "service_credential of role "+r.Name, place(v.node), unityCredentialFields, r.ServiceCredential)
}

// readSignedTags reads the tags that the provider signs, by group.
func readSignedTags(v value, i *Identity) {
	i.SignedTags = make(map[string]map[string]string)
	v.entries(func(group string, key, node *yaml.Node) {
		tags, folded := make(map[string]string), make(map[string]string)
		of := v.of("signed_tags of group "+shown(group), node)
		if of.entries(func(name string, at, node *yaml.Node) {
			if other, twice := folded[strings.ToLower(name)]; twice {
				v.add(place(at), "%s has the tags %s and %s, which are one to AWS", of.key, other, name)
			}
			folded[strings.ToLower(name)] = name
			tags[name] = of.of("tag "+name, node).text()
		}) && len(tags) == 0 {
			of.wrong("there is no tag; leave the group out")
		}
		if isPattern(group) {
			v.add(place(key), "signed_tags: %s is a pattern; name the groups", shown(group))
		}
		i.SignedTags[group] = tags
		v.signedAt = append(v.signedAt, signedGroup{i, group, place(key)})
	})
}

// signedGroup is a group of signed_tags, and where it stands.
type signedGroup struct {
	of    *Identity
	group string
	at    position
}

// signed checks that the groups of signed_tags are those of rules: a tag for another one would distinguish nobody.
func (d *decoder) signed() {
	for _, s := range d.signedAt {
		if _, known := s.of.Groups[s.group]; !known && !isPattern(s.group) {
			d.add(s.at, "signed_tags: no rule in groups of identity %s is on %s%s", s.of.Name, shown(s.group), d.suggest(s.group, maps.Keys(s.of.Groups)))
		}
	}
}

// aside checks that what stands on a role's ARN has one.
func (d *decoder) aside(m *Map) {
	for _, r := range m.Roles {
		if r.AWS != nil && r.AWS.RoleARN != "" {
			continue
		}
		if r.InstanceProfile != "" {
			d.add(r.at, "role %s has instance_profile and no role_arn under aws, which it would stand on", r.Name)
		}
		if r.StorageCredential != nil {
			d.add(r.at, "role %s has storage_credential and no role_arn under aws, which it would stand on", r.Name)
		}
		if r.ServiceCredential != nil {
			d.add(r.at, "role %s has service_credential and no role_arn under aws, which it would stand on", r.Name)
		}
	}
}

// checkAside finds instance profiles, and roles of workspaces that are to pass roles on, in another account: IAM does neither across
// accounts. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
func (m *Map) checkAside(r *report) {
	for _, role := range m.Roles {
		if role.InstanceProfile == "" || role.AWS == nil {
			continue
		}
		own, _ := arn.Parse(role.AWS.RoleARN)
		profile, _ := arn.Parse(role.InstanceProfile)
		if profile.Partition != own.Partition || profile.AccountID != own.AccountID {
			r.add(role.at, "role %s is in account %s of partition %s, and its instance_profile in %s of %s", role.Name, own.AccountID, own.Partition,
				profile.AccountID, profile.Partition)
		}
		for _, name := range role.effectiveWorkspaces {
			w := m.Workspaces[name]
			if w == nil || w.CrossAccountRole == "" {
				continue
			}
			if passer, _ := arn.Parse(w.CrossAccountRole); passer.Partition != own.Partition || passer.AccountID != own.AccountID {
				r.add(role.at, "role %s is in account %s of partition %s, and the cross_account_role of its workspace %s in %s of %s, from where it can't be passed to compute",
					role.Name, own.AccountID, own.Partition, name, passer.AccountID, passer.Partition)
			}
		}
	}
}

// asideOfRole compares what stands on a role's ARN besides people.
func (c *comparison) asideOfRole(of string, before, after *Role) {
	c.value(Widens, AboutRole, of, "instance profile", before.InstanceProfile, after.InstanceProfile)
	c.value(Widens, AboutRole, of, "storage credential", before.StorageCredential.words(), after.StorageCredential.words())
	c.value(Widens, AboutRole, of, "service credential", before.ServiceCredential.words(), after.ServiceCredential.words())
}

func (s *UnityCredential) words() string {
	switch {
	case s == nil:
		return ""
	case s.ExternalID == "":
		return s.Name
	}
	return s.Name + " with the external id " + s.ExternalID
}

// signedTags compares what tells a group's people from others at AWS.
func (c *comparison) signedTags(of string, before, after *Identity) {
	for _, group := range union(maps.Keys(before.SignedTags), maps.Keys(after.SignedTags)) {
		c.value(Widens, AboutRule, of, "signed tags of group "+shown(group), tagWords(before.SignedTags[group]), tagWords(after.SignedTags[group]))
	}
}

func tagWords(tags map[string]string) string {
	var words []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		words = append(words, key+" "+shown(tags[key]))
	}
	return strings.Join(words, ", ")
}
