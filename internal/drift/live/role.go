package live

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// noted writes down what IAM does not let be read. Any other error ends the reading.
func (r *reading) noted(err error, what drift.Unread) error {
	unread, ok := errors.AsType[*unreadError](err)
	if !ok {
		return err
	}
	what.Why = unread.why
	r.into.Unread = append(r.into.Unread, what)
	return nil
}

// role reads a role with everything that says who may assume it and what it may do, and the instance profiles that it is in.
func (r *reading) role(ctx context.Context, roleARN string) error {
	there, err := r.policiesOf(ctx, roleARN)
	if err != nil || !there {
		return err
	}
	return r.profilesOf(ctx, lastName(roleARN), roleARN)
}

// policiesOf reads a role without its instance profiles, and reports whether it is there and was read.
func (r *reading) policiesOf(ctx context.Context, roleARN string) (there bool, err error) {
	name := lastName(roleARN)
	got, err := ask(ctx, r, "iam:GetRole", func(ctx context.Context) (*awsiam.GetRoleOutput, error) {
		return r.iam.GetRole(ctx, &awsiam.GetRoleInput{RoleName: &name})
	})
	// A role of that name under another path, or in other letters, is not the one that the map has taken.
	if errors.Is(err, errMissing) || err == nil && (got.Role == nil || aws.ToString(got.Role.Arn) != roleARN) {
		r.into.Roles = append(r.into.Roles, drift.Role{ARN: roleARN, Missing: true})
		return false, nil
	}
	if err != nil {
		return false, r.noted(err, drift.Unread{ARN: roleARN, Part: drift.PartRole})
	}
	role := drift.Role{ARN: roleARN, MaxSession: time.Duration(aws.ToInt32(got.Role.MaxSessionDuration)) * time.Second}
	if role.Trust, err = decoded(got.Role.AssumeRolePolicyDocument); err != nil {
		return false, r.noted(err, drift.Unread{ARN: roleARN, Part: drift.PartRole})
	}
	for _, tag := range got.Role.Tags {
		if role.Tags == nil {
			role.Tags = map[string]string{}
		}
		role.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	if err := r.inline(ctx, name, &role); err != nil {
		return false, err
	}
	if err := r.attached(ctx, name, &role); err != nil {
		return false, err
	}
	if b := got.Role.PermissionsBoundary; b != nil {
		boundary := drift.Policy{ARN: aws.ToString(b.PermissionsBoundaryArn)}
		if boundary.Document, err = r.managed(ctx, boundary.ARN); err != nil {
			if err := r.noted(err, drift.Unread{ARN: roleARN, Part: drift.PartBoundary, Name: boundary.ARN}); err != nil {
				return false, err
			}
		}
		role.Boundary = &boundary
	}
	r.into.Roles = append(r.into.Roles, role)
	return true, nil
}

// inline reads the policies that a role has of its own.
func (r *reading) inline(ctx context.Context, name string, role *drift.Role) error {
	names, err := pages(func(marker *string) ([]string, *string, error) {
		out, err := ask(ctx, r, "iam:ListRolePolicies", func(ctx context.Context) (*awsiam.ListRolePoliciesOutput, error) {
			return r.iam.ListRolePolicies(ctx, &awsiam.ListRolePoliciesInput{RoleName: &name, Marker: marker})
		})
		if err != nil {
			return nil, nil, err
		}
		marker, err = next(out.IsTruncated, out.Marker)
		return out.PolicyNames, marker, err
	})
	if err != nil {
		return r.noted(gone(err), drift.Unread{ARN: role.ARN, Part: drift.PartInline})
	}
	for _, policy := range names {
		out, err := ask(ctx, r, "iam:GetRolePolicy", func(ctx context.Context) (*awsiam.GetRolePolicyOutput, error) {
			return r.iam.GetRolePolicy(ctx, &awsiam.GetRolePolicyInput{RoleName: &name, PolicyName: &policy})
		})
		document := ""
		if err == nil {
			document, err = decoded(out.PolicyDocument)
		}
		if err != nil {
			if err := r.noted(gone(err), drift.Unread{ARN: role.ARN, Part: drift.PartInline, Name: ui.Clean(policy)}); err != nil {
				return err
			}
			continue
		}
		role.Inline = append(role.Inline, drift.Policy{Name: ui.Clean(policy), Document: document})
	}
	return nil
}

// attached reads the managed policies of a role.
func (r *reading) attached(ctx context.Context, name string, role *drift.Role) error {
	policies, err := pages(func(marker *string) ([]string, *string, error) {
		out, err := ask(ctx, r, "iam:ListAttachedRolePolicies", func(ctx context.Context) (*awsiam.ListAttachedRolePoliciesOutput, error) {
			return r.iam.ListAttachedRolePolicies(ctx, &awsiam.ListAttachedRolePoliciesInput{RoleName: &name, Marker: marker})
		})
		if err != nil {
			return nil, nil, err
		}
		var arns []string
		for _, policy := range out.AttachedPolicies {
			arns = append(arns, aws.ToString(policy.PolicyArn))
		}
		marker, err = next(out.IsTruncated, out.Marker)
		return arns, marker, err
	})
	if err != nil {
		return r.noted(gone(err), drift.Unread{ARN: role.ARN, Part: drift.PartAttached})
	}
	for _, policyARN := range policies {
		document, err := r.managed(ctx, policyARN)
		if err != nil {
			if err := r.noted(err, drift.Unread{ARN: role.ARN, Part: drift.PartAttached, Name: ui.Clean(policyARN)}); err != nil {
				return err
			}
			continue
		}
		role.Attached = append(role.Attached, drift.Policy{ARN: ui.Clean(policyARN), Document: document})
	}
	return nil
}

// managed reads the version of a managed policy that is in force, once for all roles that have it.
func (r *reading) managed(ctx context.Context, policyARN string) (string, error) {
	if document, read := r.policies[policyARN]; read {
		return document, nil
	}
	policy, err := ask(ctx, r, "iam:GetPolicy", func(ctx context.Context) (*awsiam.GetPolicyOutput, error) {
		return r.iam.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: &policyARN})
	})
	if err != nil {
		return "", gone(err)
	}
	if policy.Policy == nil {
		return "", &unreadError{"IAM answered without the policy"}
	}
	version, err := ask(ctx, r, "iam:GetPolicyVersion", func(ctx context.Context) (*awsiam.GetPolicyVersionOutput, error) {
		return r.iam.GetPolicyVersion(ctx, &awsiam.GetPolicyVersionInput{PolicyArn: &policyARN, VersionId: policy.Policy.DefaultVersionId})
	})
	if err != nil {
		return "", gone(err)
	}
	if version.PolicyVersion == nil {
		return "", &unreadError{"IAM answered without the policy's version"}
	}
	document, err := decoded(version.PolicyVersion.Document)
	if err == nil {
		r.policies[policyARN] = document
	}
	return document, err
}

// profilesOf reads the instance profiles that a role is in.
func (r *reading) profilesOf(ctx context.Context, name, roleARN string) error {
	arns, err := pages(func(marker *string) ([]string, *string, error) {
		out, err := ask(ctx, r, "iam:ListInstanceProfilesForRole", func(ctx context.Context) (*awsiam.ListInstanceProfilesForRoleOutput, error) {
			return r.iam.ListInstanceProfilesForRole(ctx, &awsiam.ListInstanceProfilesForRoleInput{RoleName: &name, Marker: marker})
		})
		if err != nil {
			return nil, nil, err
		}
		var arns []string
		for _, profile := range out.InstanceProfiles {
			arns = append(arns, ui.Clean(aws.ToString(profile.Arn)))
		}
		marker, err = next(out.IsTruncated, out.Marker)
		return arns, marker, err
	})
	if err != nil {
		return r.noted(gone(err), drift.Unread{ARN: roleARN, Part: drift.PartInstanceProfile})
	}
	for _, profile := range arns {
		r.hasProfile(drift.InstanceProfile{ARN: profile, Role: roleARN})
	}
	return nil
}

// instanceProfile reads one that the state names.
func (r *reading) instanceProfile(ctx context.Context, profileARN string) error {
	if r.profiles[profileARN] {
		return nil
	}
	name := lastName(profileARN)
	got, err := ask(ctx, r, "iam:GetInstanceProfile", func(ctx context.Context) (*awsiam.GetInstanceProfileOutput, error) {
		return r.iam.GetInstanceProfile(ctx, &awsiam.GetInstanceProfileInput{InstanceProfileName: &name})
	})
	switch {
	case errors.Is(err, errMissing), err == nil && (got.InstanceProfile == nil || aws.ToString(got.InstanceProfile.Arn) != profileARN):
		r.hasProfile(drift.InstanceProfile{ARN: profileARN, Missing: true})
		return nil
	case err != nil:
		return r.noted(err, drift.Unread{ARN: profileARN, Part: drift.PartInstanceProfile})
	}
	profile := drift.InstanceProfile{ARN: profileARN}
	for _, role := range got.InstanceProfile.Roles { // IAM puts at most one in
		profile.Role = ui.Clean(aws.ToString(role.Arn))
	}
	r.hasProfile(profile)
	return nil
}

func (r *reading) hasProfile(profile drift.InstanceProfile) {
	if !r.profiles[profile.ARN] {
		r.profiles[profile.ARN] = true
		r.into.InstanceProfiles = append(r.into.InstanceProfiles, profile)
	}
}

// lastName is what an ARN ends in, which is how IAM's calls name roles and instance profiles.
func lastName(text string) string {
	parsed, _ := arn.Parse(text)
	return parsed.Resource[strings.LastIndexByte(parsed.Resource, '/')+1:]
}

// gone is for what IAM has just named: that it is not there any more can only be told as not read.
func gone(err error) error {
	if errors.Is(err, errMissing) {
		return &unreadError{"it was taken away while it was read"}
	}
	return err
}

// decoded undoes the percent-encoding of a document.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
func decoded(document *string) (string, error) {
	text, err := url.PathUnescape(aws.ToString(document))
	if err != nil || text == "" {
		return "", &unreadError{"IAM answered with a document that can't be decoded"}
	}
	return text, nil
}

// pages reads a list to its end. IAM may answer with less than there is room for, or nothing, and more to follow.
func pages[T any](read func(marker *string) ([]T, *string, error)) ([]T, error) {
	var (
		all    []T
		marker *string
	)
	for range maxPages {
		some, next, err := read(marker)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if next == nil {
			return all, nil
		}
		marker = next
	}
	return nil, &unreadError{"the list does not end"}
}

// next is where the next page begins, nil for the last.
func next(truncated bool, marker *string) (*string, error) {
	switch {
	case !truncated:
		return nil, nil
	case aws.ToString(marker) == "":
		return nil, &unreadError{"IAM says that the list goes on, and not where"}
	}
	return marker, nil
}
