package refusal

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// actionOf is what IAM checks for an operation of an API, "" where its service is not known. Most are called alike; S3's
// are not.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
func actionOf(service, operation string) string {
	operation = strings.TrimSuffix(operation, "Request")
	if actions := iam.ActionsOfOperation(operation); len(actions) == 1 {
		return actions[0]
	}
	switch operation {
	case "GetObject", "GetObjectAttributes":
		return "s3:GetObject"
	case "PutObject", "AbortMultipartUpload", "DeleteObject":
		return "s3:" + operation
	case "GetBucketLocation", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging", "GetObjectAcl", "PutObjectAcl",
		"GetBucketAcl", "PutBucketAcl", "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy", "GetBucketVersioning",
		"PutBucketVersioning", "CreateBucket", "DeleteBucket", "RestoreObject", "GetObjectLegalHold", "PutObjectLegalHold",
		"GetObjectRetention", "PutObjectRetention", "GetBucketTagging", "PutBucketTagging", "GetBucketLogging",
		"PutBucketLogging", "GetBucketNotification", "PutBucketNotification", "GetBucketPolicyStatus", "GetDataAccess":
		return "s3:" + operation
	case "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt", "DescribeKey", "CreateGrant",
		"ListAliases", "GetKeyPolicy", "GetKeyRotationStatus":
		return "kms:" + operation
	case "AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "TagSession", "SetSourceIdentity", "GetFederationToken",
		"GetSessionToken", "GetWebIdentityToken", "DecodeAuthorizationMessage", "GetServiceBearerToken":
		return "sts:" + operation
	case "RunInstances", "StartInstances", "StopInstances", "TerminateInstances", "DescribeInstances", "CreateTags",
		"CreateVolume", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "CreateNetworkInterface", "CreateLaunchTemplate",
		"DescribeVpcs", "DescribeSubnets", "RequestSpotInstances", "CreateFleet", "AssociateIamInstanceProfile", "DescribeRegions":
		return "ec2:" + operation
	case "PassRole", "GetRole", "ListRoles", "GetRolePolicy", "ListAttachedRolePolicies", "CreateRole":
		return "iam:" + operation
	case "GetSecretValue", "DescribeSecret", "ListSecrets":
		return "secretsmanager:" + operation
	case "GetTable", "GetTables", "GetDatabase", "GetDatabases", "GetPartitions", "GetPartition", "BatchCreatePartition":
		return "glue:" + operation
	case "StartQueryExecution", "GetQueryExecution", "GetQueryResults":
		return "athena:" + operation
	case "GetParameter", "GetParameters", "GetParametersByPath":
		return "ssm:" + operation
	case "SendMessage", "ReceiveMessage", "DeleteMessage":
		return "sqs:" + operation
	case "GetItem", "PutItem", "Query", "Scan", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem":
		return "dynamodb:" + operation
	case "Publish":
		return "sns:Publish"
	case "Invoke":
		return "lambda:InvokeFunction"
	case "InvokeModel", "InvokeModelWithResponseStream", "Converse":
		return "bedrock:InvokeModel"
	case "GetAuthorizationToken", "BatchGetImage", "InitiateLayerUpload":
		return "ecr:" + operation
	case "GetRoleCredentials", "ListAccountRoles", "ListAccounts":
		return "sso:" + operation
	case "CreateTrainingJob", "CreateModel", "CreateEndpoint", "InvokeEndpoint":
		return "sagemaker:" + operation
	}
	if service == "" || operation == "" || !only(operation, isWord) {
		return ""
	}
	return service + ":" + operation
}

// serviceOf is the prefix of actions for what SDKs call a service, in small letters and without white space.
func serviceOf(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(name), "amazon"), "aws")
	switch name {
	case "securitytokenservice":
		return "sts"
	case "keymanagementservice":
		return "kms"
	case "identitymanagement", "identityandaccessmanagement":
		return "iam"
	case "simplestorageservice":
		return "s3"
	case "elasticmapreduce":
		return "elasticmapreduce"
	case "dynamodbv2":
		return "dynamodb"
	case "s3", "sts", "kms", "iam", "ec2", "glue", "athena", "sns", "sqs", "dynamodb", "secretsmanager", "ssm", "sagemaker", "logs",
		"lambda", "ecr", "eks", "ecs", "organizations", "cloudtrail", "lakeformation", "kinesis", "firehose", "redshift", "bedrock":
		return name
	}
	return ""
}

// actionOfS3A is what the Hadoop client S3A was doing, by its own name for it, or another client by the beginning of a verb.
// https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/troubleshooting_s3a.html
func actionOfS3A(doing string) string {
	for _, begin := range [...]string{"reopen", "open", "read"} {
		if strings.HasPrefix(doing, begin) {
			return "s3:GetObject"
		}
	}
	switch doing {
	case "getfilestatus", "getobjectmetadata", "getobject", "head", "s3getfilestatus", "isdirectory", "isfile", "get":
		return "s3:GetObject"
	case "liststatus", "listfiles", "listlocatedstatus", "list", "listobjects", "listlocatedfilestatus", "globstatus", "getcontentsummary",
		"doesbucketexist", "getbucketmetadata", "bucketexists", "getbucketlocation":
		return "s3:ListBucket"
	case "put", "putobject", "create", "mkdirs", "mkdir", "put0-byteobject", "copyfromlocalfile", "writingobject", "initiatemultipartupload",
		"uploadpart", "completingmultipartupload", "completemultipartupload", "copyfile", "innermkdirs", "touch", "createfakedirectory", "rename", "writ", "upload":
		return "s3:PutObject"
	case "delete", "delet", "remov", "deleteobject", "deleteobjects", "removes3files", "removes3dirmarkers":
		return "s3:DeleteObject"
	}
	return ""
}

// actionOfHTTP is what a request to S3 asks for, by its method, whether it names a key, and its query.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
func actionOfHTTP(method, key string, has func(parameter string) bool) string {
	object := key != ""
	switch {
	case has("acl"):
		return map[string]string{"PUT": "s3:PutObjectAcl", "GET": "s3:GetObjectAcl"}[method]
	case has("tagging"):
		return map[string]string{"PUT": "s3:PutObjectTagging", "GET": "s3:GetObjectTagging"}[method]
	case has("location"):
		return "s3:GetBucketLocation"
	case has("versions"):
		return "s3:ListBucketVersions"
	case has("uploads") && object: // whatever method was told: nothing else has this form
		return "s3:PutObject"
	case has("uploads"):
		return "s3:ListBucketMultipartUploads"
	case has("uploadId") && method == "DELETE":
		return "s3:AbortMultipartUpload"
	case has("uploadId") && method == "GET":
		return "s3:ListMultipartUploadParts"
	case has("delete") && method == "POST":
		return "s3:DeleteObject"
	}
	switch method {
	case "GET", "HEAD":
		switch {
		case has("list-type"), has("prefix"), has("delimiter"), !object:
			return "s3:ListBucket"
		case has("versionId"):
			return "s3:GetObjectVersion"
		}
		return "s3:GetObject"
	case "PUT", "POST":
		if !object {
			return map[string]string{"PUT": "s3:CreateBucket"}[method]
		}
		return "s3:PutObject"
	case "DELETE":
		if !object {
			return "s3:DeleteBucket"
		}
		return "s3:DeleteObject"
	}
	return ""
}

// onBucket reports whether an action of S3 is on a bucket rather than on objects.
func onBucket(action string) bool {
	switch action {
	case "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation", "s3:CreateBucket", "s3:DeleteBucket",
		"s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration":
		return true
	}
	return strings.HasPrefix(action, "s3:GetBucket") || strings.HasPrefix(action, "s3:PutBucket")
}
