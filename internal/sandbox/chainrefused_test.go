package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestAChainIsRefusedAsByAWS(t *testing.T) {
	type input = sts.AssumeRoleInput
	for name, c := range map[string]struct {
		policy     string         // of the first role's session
		claims     map[string]any // of its token
		change     func(*input)
		trust      func(*Trust) // of ml-deep
		code       string
		status     int
		message    string
		unexpected int
	}{
		"duration": {
			change: func(i *input) { i.DurationSeconds = aws.Int32(3601) },
			code:   "ValidationError", status: 400, message: "exceeds the 1 hour session limit for roles assumed by role chaining",
		},
		"longer than the role allows": {
			change: func(i *input) { i.DurationSeconds = aws.Int32(3600) },
			trust:  func(t *Trust) { t.MaxDuration = 30 * time.Minute },
			code:   "ValidationError", status: 400, message: "MaxSessionDuration",
		},
		"external id": {
			change: func(i *input) { i.ExternalId = aws.String("x2") },
			code:   "AccessDenied", status: 403, message: "assumed-role/ml-hop/alice is not authorized to perform: sts:AssumeRole on resource: " + deepARN,
		},
		"no external id": {change: func(i *input) { i.ExternalId = nil }, code: "AccessDenied", status: 403},
		"another's role": {
			trust: func(t *Trust) { t.Principals = []string{trainerARN} }, code: "AccessDenied", status: 403,
		},
		"unknown role": {
			change: func(i *input) { i.RoleArn = aws.String(deepARN + "er") }, code: "AccessDenied", status: 403,
		},
		"session policy of another role": {
			policy: `{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + trainerARN + `"}]}`,
			code:   "AccessDenied", status: 403, message: "because no session policy allows the sts:AssumeRole action",
		},
		"session policy without tags": {
			policy: `{"Statement":{"Effect":"Allow","Action":["sts:assumerole"],"Resource":"` + deepARN + `"}}`,
			change: func(i *input) { i.Tags = tagged("a", "b") },
			code:   "AccessDenied", status: 403, message: "sts:TagSession",
		},
		"trust without tags": {
			change: func(i *input) { i.Tags = tagged("a", "b") },
			trust:  func(t *Trust) { t.AllowTags = false },
			code:   "AccessDenied", status: 403, message: "not authorized to perform: sts:TagSession",
		},
		"trust without tags, which come along": {
			claims: map[string]any{"https://aws.amazon.com/tags": map[string]any{
				"principal_tags": map[string]any{"team": []string{"churn"}}, "transitive_tag_keys": []string{"team"},
			}},
			trust: func(t *Trust) { t.AllowTags = false },
			code:  "AccessDenied", status: 403, message: "not authorized to perform: sts:TagSession",
		},
		"tag that came along": {
			claims: map[string]any{"https://aws.amazon.com/tags": map[string]any{
				"principal_tags": map[string]any{"team": "churn"}, "transitive_tag_keys": []string{"team"},
			}},
			change: func(i *input) { i.Tags = tagged("TEAM", "fraud") },
			code:   "InvalidParameterValue", status: 400, message: "conflicts with a transitive tag key",
		},
		"trust without source identity": {
			change: func(i *input) { i.SourceIdentity = aws.String("alice") },
			trust:  func(t *Trust) { t.AllowSourceIdentity = false },
			code:   "AccessDenied", status: 403, message: "sts:SetSourceIdentity",
		},
		"trust without source identity, which comes along": {
			claims: map[string]any{"https://aws.amazon.com/source_identity": "alice"},
			trust:  func(t *Trust) { t.AllowSourceIdentity = false },
			code:   "AccessDenied", status: 403, message: "sts:SetSourceIdentity",
		},
		"another source identity": {
			claims: map[string]any{"https://aws.amazon.com/source_identity": "alice"},
			change: func(i *input) { i.SourceIdentity = aws.String("bob") },
			code:   "ValidationError", status: 400, message: "already set",
		},
		"policy": {
			change: func(i *input) { i.Policy = aws.String("{") }, code: "MalformedPolicyDocument", status: 400,
		},
		"policy and tags too large": {
			change: func(i *input) {
				i.Policy = aws.String(`{"Statement":[` + strings.Repeat(" ", 2000) + `]}`)
				i.Tags = tagged("a", strings.Repeat("x", 256))
			},
			code: "PackedPolicyTooLarge", status: 400, message: "111%",
		},
		// What a client must check for itself is recorded as well.
		"transitive key without tag": {
			change: func(i *input) { i.TransitiveTagKeys = []string{"team"} },
			code:   "InvalidParameterValue", status: 400, message: "must be included", unexpected: 1,
		},
		"tag twice": {
			change: func(i *input) { i.Tags = tagged("team", "a", "Team", "b") },
			code:   "InvalidParameterValue", status: 400, message: "Duplicate tag keys", unexpected: 1,
		},
		"reserved tag": {
			change: func(i *input) { i.Tags = tagged("aws:x", "a") }, code: "InvalidParameterValue", status: 400, unexpected: 1,
		},
		"51 tags": {
			change: func(i *input) {
				for n := range 51 {
					i.Tags = append(i.Tags, tagged(fmt.Sprint("t", n), "")...)
				}
			},
			code: "ValidationError", status: 400, unexpected: 1,
		},
		"tag key": {
			change: func(i *input) { i.Tags = tagged(strings.Repeat("k", 129), "") }, code: "ValidationError", status: 400, unexpected: 1,
		},
		"tag value": {
			change: func(i *input) { i.Tags = tagged("k", "a\nb") }, code: "ValidationError", status: 400, unexpected: 1,
		},
		"form of the source identity": {
			change: func(i *input) { i.SourceIdentity = aws.String("Alice Martin") }, code: "ValidationError", status: 400, unexpected: 1,
		},
		"form of the external id": {
			change: func(i *input) { i.ExternalId = aws.String("x 1") }, code: "ValidationError", status: 400, unexpected: 1,
		},
		"second factor": {
			change: func(i *input) { i.SerialNumber = aws.String("arn:aws:iam::111122223333:mfa/alice") },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trust := defaultTrust()
			for i := range trust {
				if trust[i].RoleARN == deepARN && c.trust != nil {
					c.trust(&trust[i])
				}
			}
			s := startWith(t, Options{Trust: trust})
			in := deepInput()
			if c.change != nil {
				c.change(in)
			}
			_, err := sdk(s).AssumeRole(t.Context(), in, as(hop(t, s, c.policy, c.claims)))
			wantAPIError(t, name, err, c.code, c.status)
			if err != nil && !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want %q", err, c.message)
			}
			if calls := s.STSCalls(); calls[1].Error != c.code || calls[1].AccessKeyID != "" {
				t.Errorf("recorded %+v", calls[1])
			}
			if u := s.Unexpected(); len(u) != c.unexpected {
				t.Errorf("unexpected: %q", u)
			}
		})
	}
}
