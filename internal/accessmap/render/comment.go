package render

import (
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const columns = 80

// comment is text as lines that fit the width, cleaned: nothing in them ends a line. Commands stay whole, on lines of their own.
type comment []string

// say adds a paragraph. An indent hangs its lines below the first.
func (c *comment) say(text, indent string) {
	line := ""
	for word := range strings.FieldsSeq(whole(text)) {
		switch {
		case line == "":
			line = word
		case ui.Width(line)+1+ui.Width(word) > columns-len("# "):
			*c = append(*c, line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	if line != "" {
		*c = append(*c, line)
	}
}

// command adds a line as it is.
func (c *comment) command(text string) { *c = append(*c, "  "+whole(text)) }

// code adds lines of Terraform that are read when the signs of comment are taken away.
func (c *comment) code(lines ...string) {
	for _, line := range lines {
		*c = append(*c, whole(line))
	}
}

func (c *comment) gap(g desired.Gap) {
	c.say("NOT HELD ("+g.ID+"): "+g.What, "  ")
	if g.Fix != "" {
		c.say("- to close it: "+g.Fix, "  ")
	}
}

// untagged warns of tags of a role by which everybody who takes it would be taken for the holders of another role. by is what tags roles
// without being asked to.
func (c *comment) untagged(r desired.Role, by string) {
	keys := make(map[string]bool)
	for _, apart := range r.Apart {
		for key := range apart.Tags {
			keys[key] = true
		}
	}
	if len(keys) > 0 {
		c.say("Policies tell those who take this role apart by session tags, and a tag of the role itself counts as one. So never tag it with "+
			ui.And(slices.Sorted(maps.Keys(keys)))+", nor let "+by+" do so: everybody who takes it would be let in.", "")
	}
}

// otherGaps says at the top those that belong to no role that is written.
func (c *comment) otherGaps(s *desired.State) {
	for i, gap := range otherGaps(s) {
		if i == 0 {
			*c = append(*c, "")
		}
		if gap.Role != "" {
			gap.What = "role " + gap.Role + ": " + gap.What
		}
		c.gap(gap)
	}
}

// whole is ui.Clean without its bound, since no terminal shows it.
func whole(text string) string {
	var b strings.Builder
	for part := range slices.Chunk([]rune(text), 1000) {
		b.WriteString(ui.Clean(string(part)))
	}
	return b.String()
}
