package data

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// sent is the body of a request, which can be read once more: signatures are over it.
func sent(r *http.Request) map[string]any {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	fields := map[string]any{}
	if err != nil || json.Unmarshal(body, &fields) != nil {
		return map[string]any{}
	}
	return fields
}

func text(fields map[string]any, name string) string {
	value, _ := fields[name].(string)
	return value
}

// operation is what the header names, of a service whose prefix it has.
func (s *Services) operation(r *http.Request, prefix string, known ...string) string {
	name, ours := strings.CutPrefix(r.Header.Get("X-Amz-Target"), prefix+".")
	if !ours || !slices.Contains(known, name) {
		s.h.Unexpectedf("POST %s: X-Amz-Target %q", r.URL.Path, r.Header.Get("X-Amz-Target"))
		return ""
	}
	return name
}

// kms answers what is asked of keys. https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html
func (s *Services) kms(r *http.Request) *harness.Reply {
	operation := s.operation(r, "TrentService", "DescribeKey", "GetKeyRotationStatus", "GetKeyPolicy", "EnableKeyRotation", "EnableKey", "CancelKeyDeletion")
	if operation == "" {
		return jsonFailure("UnknownOperationException", "not known here")
	}
	fields := sent(r)
	arn := text(fields, "KeyId")
	caller, failed := s.allowed(r, "kms", "kms:"+operation, arn, arn)
	if failed != nil {
		return jsonFailure(failed.code, failed.message)
	}
	at := slices.IndexFunc(s.estate.Keys, func(k *Key) bool {
		return k.Arn == arn && strings.HasPrefix(arn, "arn:aws:kms:"+caller.Region+":"+caller.Account+":")
	})
	if at < 0 {
		return jsonFailure("NotFoundException", "Key '"+arn+"' does not exist")
	}
	k := s.estate.Keys[at]
	symmetric := cmp.Or(k.KeySpec, "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
	switch operation {
	case "DescribeKey":
		metadata := map[string]any{
			"Arn": k.Arn, "KeyId": arn[strings.LastIndexByte(arn, '/')+1:], "KeyState": cmp.Or(k.KeyState, "Enabled"), "KeyManager": cmp.Or(k.KeyManager, "CUSTOMER"),
			"KeySpec": cmp.Or(k.KeySpec, "SYMMETRIC_DEFAULT"), "Origin": cmp.Or(k.Origin, "AWS_KMS"), "Enabled": k.KeyState == "",
		}
		if k.DeletionDate > 0 {
			metadata["DeletionDate"] = k.DeletionDate
		}
		return jsonReply(http.StatusOK, map[string]any{"KeyMetadata": metadata})
	case "GetKeyRotationStatus":
		if !symmetric {
			return jsonFailure("UnsupportedOperationException", "the key is not symmetric")
		}
		return jsonReply(http.StatusOK, map[string]any{"KeyId": arn, "KeyRotationEnabled": k.KeyRotationEnabled})
	case "GetKeyPolicy":
		return jsonReply(http.StatusOK, map[string]any{"PolicyName": "default", "Policy": string(k.Policy)})
	case "EnableKeyRotation":
		k.KeyRotationEnabled = true
	case "EnableKey":
		if k.KeyState == "PendingDeletion" {
			return jsonFailure("KMSInvalidStateException", arn+" is pending deletion.")
		}
		k.KeyState = ""
	case "CancelKeyDeletion": // which leaves it disabled
		if k.KeyState != "PendingDeletion" {
			return jsonFailure("KMSInvalidStateException", arn+" is not pending deletion.")
		}
		k.KeyState, k.DeletionDate = "Disabled", 0
	}
	return jsonReply(http.StatusOK, map[string]any{})
}

// cloudTrail answers what is asked of trails. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Operations.html
func (s *Services) cloudTrail(r *http.Request) *harness.Reply {
	operation := s.operation(r, "CloudTrail_20131101",
		"DescribeTrails", "GetTrailStatus", "GetEventSelectors", "PutEventSelectors", "StartLogging", "UpdateTrail")
	if operation == "" {
		return jsonFailure("UnknownOperationException", "not known here")
	}
	fields := sent(r)
	name := cmp.Or(text(fields, "Name"), text(fields, "TrailName"), "*")
	caller, failed := s.allowed(r, "cloudtrail", "cloudtrail:"+operation, name, name)
	if failed != nil {
		return jsonFailure(failed.code, failed.message)
	}
	var own []*Trail
	for _, t := range s.estate.Trails {
		if (t.IsOrganizationTrail || strings.Contains(t.TrailARN, ":"+caller.Account+":")) && (t.IsMultiRegionTrail || t.HomeRegion == caller.Region) {
			own = append(own, t)
		}
	}
	if operation == "DescribeTrails" {
		list := []map[string]any{}
		for _, t := range own {
			list = append(list, map[string]any{
				"TrailARN": t.TrailARN, "Name": t.TrailARN[strings.LastIndexByte(t.TrailARN, '/')+1:], "HomeRegion": t.HomeRegion,
				"IsMultiRegionTrail": t.IsMultiRegionTrail, "IsOrganizationTrail": t.IsOrganizationTrail, "LogFileValidationEnabled": t.LogFileValidationEnabled,
			})
		}
		return jsonReply(http.StatusOK, map[string]any{"trailList": list})
	}
	at := slices.IndexFunc(own, func(t *Trail) bool { return t.TrailARN == name })
	if at < 0 {
		return jsonFailure("TrailNotFoundException", "Unknown trail: "+name)
	}
	t := own[at]
	switch operation {
	case "GetTrailStatus":
		answer := map[string]any{"IsLogging": t.IsLogging}
		if t.LatestDeliveryError != "" {
			answer["LatestDeliveryError"] = t.LatestDeliveryError
		}
		return jsonReply(http.StatusOK, answer)
	case "GetEventSelectors":
		answer := map[string]any{"TrailARN": t.TrailARN}
		if t.AdvancedEventSelectors != nil {
			answer["AdvancedEventSelectors"] = t.AdvancedEventSelectors
		} else {
			answer["EventSelectors"] = t.EventSelectors
		}
		return jsonReply(http.StatusOK, answer)
	case "PutEventSelectors":
		t.AdvancedEventSelectors, t.EventSelectors = objects(fields["AdvancedEventSelectors"]), objects(fields["EventSelectors"])
	case "StartLogging":
		t.IsLogging = true
	case "UpdateTrail":
		if on, is := fields["EnableLogFileValidation"].(bool); is {
			t.LogFileValidationEnabled = on
		}
	}
	return jsonReply(http.StatusOK, map[string]any{})
}

// objects are those of a list; nil for none.
func objects(value any) (all []map[string]any) {
	list, _ := value.([]any)
	for _, one := range list {
		if object, is := one.(map[string]any); is {
			all = append(all, object)
		}
	}
	return all
}

// https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_ListResources.html
func (s *Services) listResources(r *http.Request) *harness.Reply {
	fields := sent(r)
	caller, failed := s.allowed(r, "lakeformation", "lakeformation:ListResources", "*", "*")
	if failed != nil {
		return jsonFailure(failed.code, failed.message)
	}
	var own []map[string]any
	for _, l := range s.estate.Lakes {
		if l.Region == caller.Region {
			own = append(own, map[string]any{"ResourceArn": l.ResourceArn, "RoleArn": l.RoleArn, "HybridAccessEnabled": l.HybridAccessEnabled})
		}
	}
	some, next, ok := page(s, own, text(fields, "NextToken"))
	if !ok {
		return jsonFailure("InvalidInputException", "the token is none")
	}
	answer := map[string]any{"ResourceInfoList": some}
	if next != "" {
		answer["NextToken"] = next
	}
	return jsonReply(http.StatusOK, answer)
}
