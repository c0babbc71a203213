package verify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

func TestComputeIsHeldAgainstTheMap(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	d.hold(strings.NewReplacer("ARN", profiles).Replace(`{
	"policies": [
		{"policy_id": "P1", "name": "train", "definition": "{\"aws_attributes.instance_profile_arn\": {\"type\": \"fixed\", \"value\": \"ARNtrainer\"}, \"custom_tags.Cost-Center\": {\"type\": \"fixed\", \"value\": \"4711\"}}"},
		{"policy_id": "P2", "name": "choose", "definition": "{\"aws_attributes.instance_profile_arn\": {\"type\": \"allowlist\", \"values\": [\"ARNreader\", \"ARNstranger\"]}}"},
		{"policy_id": "P3", "name": "broken", "definition": "no JSON"}],
	"pools": [{"instance_pool_id": "O1", "instance_pool_name": "pool", "aws_attributes": {"instance_profile_arn": "ARNtrainer"}, "custom_tags": {"cost-center": "4711"}}],
	"clusters": [
		{"cluster_id": "1", "cluster_name": "mine", "cluster_source": "UI", "single_user_name": "alice@example.com", "aws_attributes": {"instance_profile_arn": "ARNtrainer"}, "custom_tags": {"cost-center": "4711"}},
		{"cluster_id": "2", "cluster_name": "unknown", "cluster_source": "UI", "creator_user_name": "bob@example.com", "aws_attributes": {"instance_profile_arn": "ARNstranger"}},
		{"cluster_id": "3", "cluster_name": "shared", "cluster_source": "UI", "aws_attributes": {"instance_profile_arn": "ARNtrainer"}, "custom_tags": {"cost-center": "12"}},
		{"cluster_id": "4", "cluster_name": "by policy", "cluster_source": "UI", "policy_id": "P1"},
		{"cluster_id": "5", "cluster_name": "by pool", "cluster_source": "UI", "instance_pool_id": "O1"},
		{"cluster_id": "6", "cluster_name": "public", "cluster_source": "UI", "aws_attributes": {"instance_profile_arn": "ARNopen"}},
		{"cluster_id": "7", "cluster_name": "far", "cluster_source": "UI", "aws_attributes": {"instance_profile_arn": "ARNfar"}},
		{"cluster_id": "8", "cluster_name": "run 1", "cluster_source": "JOB", "default_tags": {"JobId": "70", "RunName": "nightly"}, "aws_attributes": {"instance_profile_arn": "ARNstranger"}},
		{"cluster_id": "9", "cluster_name": "run 2", "cluster_source": "JOB", "default_tags": {"JobId": "70", "RunName": "nightly"}, "aws_attributes": {"instance_profile_arn": "ARNstranger"}},
		{"cluster_id": "10", "cluster_name": "team", "cluster_source": "UI", "single_user_name": "analysts", "aws_attributes": {"instance_profile_arn": "ARNtrainer"}, "custom_tags": {"cost-center": "4711"}},
		{"cluster_id": "11", "cluster_name": "odd", "custom_tags": ["none"]}],
	"permissions": {
		"clusters/3": [{"group_name": "users", "all_permissions": [{"permission_level": "CAN_ATTACH_TO"}]}, {"group_name": "ML-Scientists"}, {"user_name": "bob@example.com"}],
		"clusters/4": [{"group_name": "analysts"}, {"group_name": "ml-ops-eu"}],
		"clusters/6": [{"group_name": "users"}],
		"clusters/7": [{"group_name": "users"}],
		"cluster-policies/P1": [{"group_name": "users"}]},
	"warehouses": [{"id": "W1", "name": "bi", "creator_name": "bob@example.com"}],
	"page": 3}`))
	d.keep(`{"warehouses": {"instance_profile_arn": "` + profiles + `reader"}}`)
	d.want(d.found(verify.Policies, verify.Pools, verify.Clusters, verify.Warehouses),
		"high verify-shared-compute cluster policy train (P1)",
		"high verify-profile-unknown cluster policy choose (P2)",
		"medium verify-not-read cluster policy broken",
		"high verify-profile-unknown cluster unknown (2)",
		"high verify-shared-compute cluster shared (3)",
		"low verify-tag-missing cluster shared (3)",
		"medium verify-compute-group cluster by policy (4)",
		"medium verify-profile-elsewhere cluster far (7)",
		"medium verify-compute-group cluster far (7)",
		"high verify-profile-unknown runs of job nightly (70)",
		"medium verify-compute-group cluster team (10)",
		"medium verify-not-read item odd",
	)
}

func TestJobsAndPipelinesAreLookedAtWhole(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	var tasks []string
	for i := range 250 {
		tasks = append(tasks, fmt.Sprintf(`{"task_key": "t%d", "new_cluster": {"spark_env_vars": {"N": "%d"}}}`, i, i))
	}
	tasks[240] = quoted.Replace(`{"task_key": "t240", "for_each_task": {"inputs": "[1]", "task": {"task_key": "inner", "new_cluster": {
		"aws_attributes": {"instance_profile_arn": "` + profiles + `stranger"}, "spark_conf": {"spark.hadoop.fs.s3a.secret.key": "KEYOF"}}}}}`)
	d.hold(quoted.Replace(`{"jobs": [
		{"job_id": 1, "creator_user_name": "alice@example.com", "settings": {"name": "large", "tasks": [` + strings.Join(tasks, ",") + `]}},
		{"job_id": 2, "creator_user_name": "alice@example.com", "settings": {"name": "plain", "run_as": {"service_principal_name": "7e6b2f2c-1111-4222-8333-944445555666"},
			"job_clusters": [{"job_cluster_key": "main", "new_cluster": {"spark_conf": {"spark.hadoop.fs.s3a.secret.key": "{{secrets/ml/key}}"}}}],
			"tasks": [{"task_key": "a", "spark_python_task": {"python_file": "x.py", "parameters": ["--token", "DAPI"]}}]}},
		{"job_id": 3, "creator_user_name": "alice@example.com", "settings": {"name": "registry", "run_as": {"user_name": "bob@example.com"},
			"job_clusters": [{"job_cluster_key": "main", "new_cluster": {"docker_image": {"url": "registry.example.com/x", "basic_auth": {"username": "u", "password": "hunter2hunter2"}}}}]}}],
	"pipelines": [{"pipeline_id": "p-1", "name": "bronze", "run_as_user_name": "bob@example.com", "creator_user_name": "alice@example.com", "spec": {
		"configuration": {"aws_secret_access_key": "KEYOF"}, "clusters": [{"label": "default", "aws_attributes": {"instance_profile_arn": "` + profiles + `stranger"}}]}}],
	"page": 2}`))
	s := d.state(verify.Jobs, verify.Pipelines)
	if err := d.run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	noSecret(t, s)
	have := map[string]int{}
	for _, f := range s.Findings {
		have[fmt.Sprintf("%s %s", f.ID, f.Object)]++
		if f.ID == "verify-static-key" && f.Object.ID == "2" && f.RunsAs != "7e6b2f2c-1111-4222-8333-944445555666" {
			t.Errorf("runs as %q", f.RunsAs)
		}
	}
	for _, line := range []string{
		"verify-static-key job large (1)", "verify-profile-unknown job large (1)", "verify-runs-as-person job large (1)", "verify-static-key job plain (2)",
		"verify-static-key job registry (3)", "verify-runs-as-person job registry (3)",
		"verify-static-key pipeline bronze (p-1)", "verify-profile-unknown pipeline bronze (p-1)", "verify-runs-as-person pipeline bronze (p-1)",
	} {
		if have[line] == 0 {
			t.Errorf("missing: %s", line)
		}
		delete(have, line)
	}
	if len(have) > 0 {
		t.Errorf("not wanted: %v", have)
	}
	if all := s.Identities(); len(all) != 3 || all[0] != (verify.Identity{Name: "bob@example.com", Kind: verify.Person, Objects: 2}) ||
		!slices.Contains(all, verify.Identity{Name: "alice@example.com", Kind: verify.Person, Objects: 1, AsCreator: 1}) {
		t.Errorf("%+v", all)
	}
}

func TestTheRestOfAWorkspace(t *testing.T) {
	t.Parallel()
	d := newDouble(t)
	large := strings.Repeat("echo hello\n", 150_000) // two reads
	d.hold(quoted.Replace(`{
	"endpoints": [{"name": "scorer", "creator": "alice@example.com", "config": {"served_entities": [{"name": "a", "environment_vars": {"AWS_SECRET_ACCESS_KEY": "{{secrets/s/k}}"}}]},
		"pending_config": {"served_entities": [{"name": "b", "environment_vars": {"DATABRICKS_TOKEN": "DAPI"}, "instance_profile_arn": "` + profiles + `trainer"}]}}],
	"apps": [{"name": "dash", "service_principal_client_id": "7e6b2f2c-1111-4222-8333-944445555666", "active_deployment": {"env_vars": [{"name": "TOKEN", "value": "DAPI"}]}}],
	"global_init_scripts": [{"script_id": "G1", "name": "proxy", "script": "export AWS_SECRET_ACCESS_KEY=KEYOF\n"}],
	"clusters": [{"cluster_id": "1", "cluster_name": "c", "cluster_source": "UI", "init_scripts": [
		{"dbfs": {"destination": "dbfs:/init/large.sh"}}, {"volumes": {"destination": "/Volumes/main/ml/files/a b.sh"}}, {"volumes": {"destination": "/Volumes/main/.."}}, {"s3": {"destination": "s3://acme/x.sh"}},
		{"file": {"destination": "file:/opt/x.sh"}}, {"workspace": {"destination": "/Shared/init.sh"}}, {"workspace": {"destination": "/Shared/lost.sh"}}]}],
	"dbfs": {"/init/large.sh": "` + strings.ReplaceAll(large, "\n", `\n`) + `export DATABRICKS_TOKEN=DAPI\n"},
	"volumes": {"/Volumes/main/..": "TOKEN=DAPI\n", "/Volumes/main/ml/files/a b.sh": "TOKEN=DAPI\n"},
	"tree": [
		{"path": "/Shared/init.sh", "type": "FILE", "content": "export TOKEN=DAPI\n"},
		{"path": "/Shared/plot.png", "type": "FILE", "content": "x"},
		{"path": "/Shared/huge.csv", "type": "FILE", "size": 99000000},
		{"path": "/Shared/ours.jar", "type": "LIBRARY"}, {"path": "/Shared/old.py", "type": "FILE", "content": "# dbxaccess:allow databricks-token revoked in May\nt = 'DAPI'\n"},
		{"path": "/Users/alice@example.com/nb", "type": "NOTEBOOK", "language": "PYTHON", "content": "{\"cells\":[{\"cell_type\":\"code\",\"source\":[\"print(t)\"],\"outputs\":[{\"output_type\":\"stream\",\"name\":\"stdout\",\"text\":[\"DAPI\\n\"]}]}],\"metadata\":{},\"nbformat\":4,\"nbformat_minor\":0}"},
		{"path": "/Users/alice@example.com/deep/er/big", "type": "NOTEBOOK", "language": "PYTHON", "too_large": true, "source": "# Databricks notebook source\nt = 'DAPI'\n"},
		{"path": "/Users/alice@example.com/deep/fine", "type": "NOTEBOOK", "language": "SQL", "content": "{\"cells\":[],\"metadata\":{},\"nbformat\":4,\"nbformat_minor\":0}"}],
	"queries": [{"id": "q1", "display_name": "copy", "owner_user_name": "alice@example.com", "run_as_mode": "OWNER", "query_text": "COPY INTO t FROM 's3://a' WITH (CREDENTIAL (AWS_ACCESS_KEY = 'KEYID', AWS_SECRET_KEY = 'KEYOF'))"}],
	"scopes": [{"name": "ml", "secrets": ["aws_secret_access_key", "model-name"], "acls": [{"principal": "users", "permission": "READ"}]},
		{"name": "etl", "secrets": ["s3-access-key"], "acls": []}, {"name": "none", "secrets": ["slack-channel"]}],
	"tokens": [{"token_id": "t1", "created_by_username": "alice@example.com", "expiry_time": -1, "comment": "ci"}, {"token_id": "t2", "created_by_username": "bob@example.com", "expiry_time": 1900000000000}],
	"mounts": ["churn"],
	"page": 1}`))
	d.keep(`{"page_size": 1, "groups": [{"displayName": "ML-scientists", "roles": ["` + profiles + `trainer"]},
		{"displayName": "analysts", "roles": ["` + profiles + `trainer", "` + profiles + `stranger"]}, {"displayName": "admins", "roles": ["` + profiles + `trainer"]}]}`)
	s := d.state(verify.Serving, verify.Apps, verify.Scripts, verify.Clusters, verify.Notebooks, verify.Queries, verify.Secrets, verify.Tokens, verify.Mounts, verify.Groups)
	if err := d.run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	noSecret(t, s)
	have := map[string]bool{}
	for _, f := range s.Findings {
		have[fmt.Sprintf("%s %s %s", f.Severity, f.ID, f.Object)] = true
	}
	for _, line := range []string{
		"high verify-static-key serving endpoint scorer", "low verify-tag-missing serving endpoint scorer", "high verify-static-key app dash",
		"high verify-static-key global init script proxy (G1)", "medium verify-script-open init script dbfs:/init/large.sh", "high verify-static-key init script dbfs:/init/large.sh",
		"high verify-static-key init script /Volumes/main/ml/files/a b.sh", "medium verify-not-read init script /Volumes/main/..", "low verify-script-unread init script s3://acme/x.sh", "low verify-script-unread init script file:/opt/x.sh",
		"high verify-static-key file /Shared/init.sh", "medium verify-not-read file /Shared/lost.sh", "medium verify-not-read file /Shared/huge.csv",
		"high verify-static-key notebook /Users/alice@example.com/nb", "high verify-static-key notebook /Users/alice@example.com/deep/er/big",
		"medium verify-not-read notebook /Users/alice@example.com/deep/er/big", "high verify-static-key query copy (q1)",
		"high verify-scope-key secret scope ml", "medium verify-scope-key secret scope etl", "medium verify-token-endless token t1", "medium verify-mount mount /mnt/churn",
		"high verify-group-profile group analysts (90000000000001)", "high verify-profile-unknown group analysts (90000000000001)", "medium verify-group-missing group auditors",
	} {
		if !have[line] {
			t.Errorf("missing: %s", line)
		}
		delete(have, line)
	}
	if len(have) > 0 {
		t.Errorf("not wanted: %v", have)
	}
	if at := s.Parts[verify.Notebooks]; at.NoText != 1 || at.Objects != 5 || at.Others != 1 || at.Acknowledged != 1 {
		t.Errorf("%+v", at)
	}
}
