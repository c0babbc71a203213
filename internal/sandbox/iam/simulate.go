package iam

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// simulation is what SimulatePrincipalPolicy decides by.
type simulation struct {
	identity, boundary, organization []policy

	bounded, organized bool // boundary and organization say something
}

// result is one of its answers.
type result struct {
	question

	decision                   verdict
	byBoundary, byOrganization bool
	simulation                 *simulation
}

// simulatePrincipalPolicy judges each action with each resource.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
func simulatePrincipalPolicy(r request) ([]element, *fault) {
	s, failed := r.simulation()
	if failed != nil {
		return nil, failed
	}
	context, failed := r.context()
	if failed != nil {
		return nil, failed
	}
	actions, resources := r.members("ActionNames"), r.members("ResourceArns")
	if len(actions) == 0 {
		return nil, &fault{"InvalidInput", "1 validation error detected: Value at 'actionNames' failed to satisfy constraint: Member must not be null"}
	}
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	var results []result
	for _, action := range actions {
		if !strings.Contains(action, ":") {
			return nil, &fault{"InvalidInput", "Invalid Action: " + action}
		}
		for _, resource := range resources {
			results = append(results, s.judge(question{action, resource, context}))
		}
	}
	return page(r, "EvaluationResults", results, func(name string, some []result) element { return list(name, some, result.fields) })
}

func (s *simulation) judge(q question) result {
	own, bound, organization := q.judge(s.identity), q.judge(s.boundary), q.judge(s.organization)
	found := result{
		question: q, simulation: s, decision: own,
		byBoundary: !s.bounded || bound == allowed, byOrganization: !s.organized || organization == allowed,
	}
	switch {
	case own == explicitDeny, s.bounded && bound == explicitDeny, s.organized && organization == explicitDeny:
		found.decision = explicitDeny
	case !found.byBoundary, !found.byOrganization:
		found.decision = implicitDeny
	}
	return found
}

func (found result) fields() []element {
	fields := []element{
		text("EvalActionName", found.action), text("EvalResourceName", found.resource), text("EvalDecision", found.decision.String()),
		group("MatchedStatements"), group("MissingContextValues"),
	}
	if found.simulation.bounded {
		fields = append(fields, group("PermissionsBoundaryDecisionDetail", text("AllowedByPermissionsBoundary", strconv.FormatBool(found.byBoundary))))
	}
	if found.simulation.organized {
		fields = append(fields, group("OrganizationsDecisionDetail", text("AllowedByOrganizations", strconv.FormatBool(found.byOrganization))))
	}
	return fields
}

// simulation collects the policies of the role that is named, with those that the request adds. A boundary of the request's
// takes the place of the role's.
func (r request) simulation() (*simulation, *fault) {
	source := r.text("PolicySourceArn")
	i := slices.IndexFunc(r.held.Roles, func(role Role) bool { return role.Arn == source && accountOf(source) == r.caller.Account })
	if i < 0 {
		return nil, &fault{"NoSuchEntity", "The role with name " + source + " cannot be found."}
	}
	role := r.held.Roles[i]
	identity, boundary := r.members("PolicyInputList"), r.members("PermissionsBoundaryPolicyInputList")
	for _, inline := range role.RolePolicyList {
		identity = append(identity, string(inline.PolicyDocument))
	}
	for _, attached := range role.AttachedManagedPolicies {
		managed, failed := r.policy(attached.PolicyArn)
		if failed != nil {
			return nil, failed
		}
		identity = append(identity, string(managed.document()))
	}
	if b := role.PermissionsBoundary; b != nil && len(boundary) == 0 {
		managed, failed := r.policy(b.PermissionsBoundaryArn)
		if failed != nil {
			return nil, failed
		}
		boundary = []string{string(managed.document())}
	}
	if len(boundary) > 1 {
		return nil, &fault{"InvalidInput", "Only one permissions boundary policy can be specified."}
	}
	var scps []string
	for _, document := range r.held.ServiceControlPolicies {
		scps = append(scps, string(document))
	}
	s := &simulation{bounded: len(boundary) > 0, organized: len(scps) > 0}
	for _, layer := range []struct {
		into *[]policy
		from []string
	}{{&s.identity, identity}, {&s.boundary, boundary}, {&s.organization, scps}} {
		var failed *fault
		if *layer.into, failed = readPolicies(layer.from); failed != nil {
			return nil, failed
		}
	}
	return s, nil
}

// context reads the condition keys that a request comes with.
func (r request) context() (map[string][]string, *fault) {
	known := []string{"string", "stringList", "boolean", "booleanList"}
	keys := map[string][]string{}
	for n := 1; ; n++ {
		entry := fmt.Sprintf("ContextEntries.member.%d.", n)
		name, kind := r.text(entry+"ContextKeyName"), r.text(entry+"ContextKeyType")
		if name == "" {
			return keys, nil
		}
		if !slices.Contains(known, kind) {
			return nil, &fault{"InvalidInput", "Invalid context key type: " + kind}
		}
		keys[strings.ToLower(name)] = r.members(entry + "ContextKeyValues")
	}
}
