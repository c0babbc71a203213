package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/databricks/databricks-sdk-go/service/compute"
)

// policy is what a cluster policy gives all compute that is made by it.
type policy struct {
	name    string
	profile string            // fixed by it; "" where it leaves that open
	tags    map[string]string // fixed by it
}

// pool is an instance pool; compute that takes machines from it has its profile and tags.
type pool struct {
	name, profile string
	tags          map[string]string
}

// rule is one of a policy's definition (https://docs.databricks.com/aws/en/admin/clusters/policy-definition).
type rule struct {
	Type    string `json:"type"`
	Value   any    `json:"value"`
	Values  []any  `json:"values"`
	Default any    `json:"defaultValue"`
}

const profileSetting = "aws_attributes.instance_profile_arn"

func (r *run) lookAtPolicies(ctx context.Context) error {
	items, err := r.all(ctx, list{path: "/api/2.0/policies/clusters/list", items: "policies"})
	if err != nil {
		return err
	}
	return each(ctx, r, Policies, items, func(raw json.RawMessage) Object { return Object{Type: "cluster policy", Name: nameIn(raw)} },
		func(ctx context.Context, raw json.RawMessage) error {
			one, ok := read[compute.Policy](r, Policies, raw)
			if !ok {
				return nil
			}
			return r.policy(ctx, one, raw)
		})
}

func (r *run) policy(ctx context.Context, one compute.Policy, raw json.RawMessage) error {
	m := machine{part: Policies, object: Object{"cluster policy", one.PolicyId, one.Name}}
	rules := map[string]rule{}
	if one.Definition != "" && json.Unmarshal([]byte(one.Definition), &rules) != nil {
		return unusual("the definition of the policy is not JSON as policies have it")
	}
	p := policy{name: one.Name, tags: map[string]string{}}
	var offered []string // that whoever uses it may choose
	for setting, rule := range rules {
		if key, isTag := strings.CutPrefix(setting, "custom_tags."); isTag && rule.Type == "fixed" {
			p.tags[key] = fmt.Sprint(rule.Value)
		}
		if setting != profileSetting {
			continue
		}
		for _, value := range append(rule.Values, rule.Value, rule.Default) {
			if arn, ok := value.(string); ok && arn != "" {
				offered = append(offered, arn)
			}
		}
		if fixed, ok := rule.Value.(string); ok && rule.Type == "fixed" {
			p.profile = fixed
		}
	}
	r.mu.Lock()
	r.policies[one.PolicyId] = p
	r.mu.Unlock()
	if !r.state.wants(Policies) {
		return nil
	}
	r.settings(Policies, m.object, "", raw)
	for _, arn := range offered {
		tags := p.tags
		if arn != p.profile && r.want.profiles[arn] != nil {
			tags = r.want.profiles[arn].tags[0] // which tags compute gets is not decided yet
		}
		if err := r.open(ctx, m, "cluster-policies", one.PolicyId, r.profile(m, arn, "", tags)); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) lookAtPools(ctx context.Context) error {
	items, err := r.all(ctx, list{path: "/api/2.0/instance-pools/list", items: "instance_pools"})
	if err != nil {
		return err
	}
	return each(ctx, r, Pools, items, func(raw json.RawMessage) Object { return Object{Type: "instance pool", Name: nameIn(raw)} },
		func(ctx context.Context, raw json.RawMessage) error {
			one, ok := read[compute.InstancePoolAndStats](r, Pools, raw)
			if !ok {
				return nil
			}
			p := pool{name: one.InstancePoolName, tags: one.CustomTags}
			if one.AwsAttributes != nil {
				p.profile = one.AwsAttributes.InstanceProfileArn
			}
			r.mu.Lock()
			r.pools[one.InstancePoolId] = p
			r.mu.Unlock()
			if !r.state.wants(Pools) {
				return nil
			}
			m := machine{part: Pools, object: Object{"instance pool", one.InstancePoolId, one.InstancePoolName}}
			r.settings(Pools, m.object, "", raw)
			return r.open(ctx, m, "instance-pools", one.InstancePoolId, r.profile(m, p.profile, "", p.tags))
		})
}

// all reads a list that has no pages, or few.
func (r *run) all(ctx context.Context, l list) (items []json.RawMessage, err error) {
	token := ""
	for range 1000 {
		some, next, err := r.page(ctx, l, token)
		if err != nil {
			return nil, err
		}
		if items = append(items, some...); next == "" || next == token {
			return items, nil
		}
		token = next
	}
	return nil, unusual("the list %s does not end", l.path)
}

func (r *run) lookAtClusters(ctx context.Context) error {
	clusters := list{path: "/api/2.1/clusters/list", query: map[string]any{"page_size": 100}, items: "clusters"}
	return r.pages(ctx, Clusters, clusters, func(ctx context.Context, items []json.RawMessage) error {
		return each(ctx, r, Clusters, items, func(raw json.RawMessage) Object { return Object{Type: "cluster", Name: nameIn(raw)} },
			func(ctx context.Context, raw json.RawMessage) error {
				if one, ok := read[compute.ClusterDetails](r, Clusters, raw); ok {
					return r.cluster(ctx, one, raw)
				}
				return nil
			})
	})
}

// cluster looks at one that is listed: started by people, or by a job or pipeline in the last 30 days, which may be gone or changed since.
func (r *run) cluster(ctx context.Context, one compute.ClusterDetails, raw json.RawMessage) error {
	m := machine{part: Clusters, object: Object{"cluster", one.ClusterId, one.ClusterName}}
	if err := json.Unmarshal(raw, &m.spec); err != nil {
		return unusual("the cluster's settings are not as its API promises")
	}
	byPeople := true
	switch one.ClusterSource {
	case compute.ClusterSourceJob:
		// Each run has its own. What is wrong with all runs of a job is told once.
		m.object, byPeople = Object{"runs of job", one.DefaultTags["JobId"], one.DefaultTags["RunName"]}, false
	case compute.ClusterSourcePipeline, compute.ClusterSourcePipelineMaintenance, compute.ClusterSourceModels, compute.ClusterSourceSql:
		byPeople = false
	}
	m.runsAs = one.SingleUserName
	if byPeople {
		owner := one.SingleUserName
		if owner == "" {
			owner = one.CreatorUserName
		}
		r.runsAs(owner, kindOfName(owner), one.SingleUserName == "")
	}
	r.settings(Clusters, m.object, m.runsAs, raw)
	p, err := r.machine(ctx, m)
	if err != nil || !byPeople {
		return err
	}
	if one.SingleUserName != "" {
		// Dedicated to a person, or to a group, which Databricks names in the same place.
		if kindOfName(one.SingleUserName) == Group && p != nil {
			r.opened(m, one.SingleUserName, p)
		}
		return nil
	}
	return r.open(ctx, m, "clusters", one.ClusterId, p)
}

// kindOfName tells people, who have an e-mail address, and service principals, which have an application ID, from groups.
func kindOfName(name string) IdentityKind {
	switch {
	case strings.Contains(name, "@"):
		return Person
	case isUUID(name):
		return ServicePrincipal
	}
	return Group
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		if hyphen := i == 8 || i == 13 || i == 18 || i == 23; hyphen != (c == '-') || !hyphen && !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return false
		}
	}
	return true
}
