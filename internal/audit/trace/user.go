package trace

import (
	"slices"
	"strings"
)

// joinUser says which person, who had a token for the workspace, did something there at a time. Nothing in the log names the token:
// it may as well have been done in the workspace's own pages, and so tells of no run, machine or role.
func (j *joiner) joinUser(name, workspace string, at int64) (*Holder, By, Reason) {
	if name == "" {
		return nil, "", NoIdentity
	}
	name = strings.ToLower(name)
	known := j.users[name]
	if known == nil {
		return nil, "", NotIssued
	}
	j.live = j.livingAt(j.live[:0], known, at)
	why := OutsideLife
	if len(j.live) > 0 {
		j.live = slices.DeleteFunc(j.live, func(c *issued) bool { return !c.isFor(workspace) })
		why = Contradictory
	}
	if len(j.live) == 0 {
		return nil, "", why
	}
	by := ByUser
	for _, c := range j.live {
		if c.principal == name {
			by = ByPrincipal
		}
	}
	if !samePerson(j.live) {
		return nil, by, Ambiguous
	}
	return j.told(by, at), by, Joined
}

// isFor reports whether a token may be one for a workspace. What belongs to the account has no workspace, or 0.
func (c *issued) isFor(workspace string) bool {
	return c.workspace == "" || workspace == "" || workspace == "0" || c.workspace == workspace
}
