package iam

import (
	"iter"
	"strings"
)

// Actions of the services that an access map is about, without their service, by the letter.
const (
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
	actionsOfS3 = ` AbortMultipartUpload AssociateAccessGrantsIdentityCenter BypassGovernanceRetention CreateAccessGrant
CreateAccessGrantsInstance CreateAccessGrantsLocation CreateAccessPoint CreateAccessPointForObjectLambda CreateBucket
CreateBucketMetadataTableConfiguration CreateJob CreateMultiRegionAccessPoint CreateStorageLensGroup DeleteAccessGrant
DeleteAccessGrantsInstance DeleteAccessGrantsInstanceResourcePolicy DeleteAccessGrantsLocation DeleteAccessPoint
DeleteAccessPointForObjectLambda DeleteAccessPointPolicy DeleteAccessPointPolicyForObjectLambda DeleteBucket
DeleteBucketMetadataTableConfiguration DeleteBucketPolicy DeleteBucketWebsite DeleteJobTagging DeleteMultiRegionAccessPoint
DeleteObject DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionTagging DeleteStorageLensConfiguration
DeleteStorageLensConfigurationTagging DeleteStorageLensGroup DescribeJob DescribeMultiRegionAccessPointOperation
DissociateAccessGrantsIdentityCenter GetAccelerateConfiguration GetAccessGrant GetAccessGrantsInstance
GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy GetAccessGrantsLocation GetAccessPoint
GetAccessPointConfigurationForObjectLambda GetAccessPointForObjectLambda GetAccessPointPolicy
GetAccessPointPolicyForObjectLambda GetAccessPointPolicyStatus GetAccessPointPolicyStatusForObjectLambda
GetAccountPublicAccessBlock GetAnalyticsConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging
GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls
GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging
GetBucketVersioning GetBucketWebsite GetDataAccess GetEncryptionConfiguration GetIntelligentTieringConfiguration
GetInventoryConfiguration GetJobTagging GetLifecycleConfiguration GetMetricsConfiguration GetMultiRegionAccessPoint
GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus GetMultiRegionAccessPointRoutes GetObject
GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion
GetObjectVersionAcl GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging
GetObjectVersionTorrent GetReplicationConfiguration GetStorageLensConfiguration GetStorageLensConfigurationTagging
GetStorageLensDashboard GetStorageLensGroup InitiateReplication ListAccessGrants ListAccessGrantsInstances
ListAccessGrantsLocations ListAccessPoints ListAccessPointsForObjectLambda ListAllMyBuckets ListBucket
ListBucketMultipartUploads ListBucketVersions ListCallerAccessGrants ListJobs ListMultiRegionAccessPoints
ListMultipartUploadParts ListStorageLensConfigurations ListStorageLensGroups ListTagsForResource
ObjectOwnerOverrideToBucketOwner PauseReplication PutAccelerateConfiguration PutAccessGrantsInstanceResourcePolicy
PutAccessPointConfigurationForObjectLambda PutAccessPointPolicy PutAccessPointPolicyForObjectLambda
PutAccessPointPublicAccessBlock PutAccountPublicAccessBlock PutAnalyticsConfiguration PutBucketAcl PutBucketCORS
PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy
PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite
PutEncryptionConfiguration PutIntelligentTieringConfiguration PutInventoryConfiguration PutJobTagging
PutLifecycleConfiguration PutMetricsConfiguration PutMultiRegionAccessPointPolicy PutObject PutObjectAcl PutObjectLegalHold
PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging PutReplicationConfiguration
PutStorageLensConfiguration PutStorageLensConfigurationTagging ReplicateDelete ReplicateObject ReplicateTags RestoreObject
SubmitMultiRegionAccessPointRoutes TagResource UntagResource UpdateAccessGrantsLocation UpdateJobPriority UpdateJobStatus
UpdateStorageLensGroup `
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
	actionsOfKMS = ` CancelKeyDeletion ConnectCustomKeyStore CreateAlias CreateCustomKeyStore CreateGrant CreateKey Decrypt
DeleteAlias DeleteCustomKeyStore DeleteImportedKeyMaterial DeriveSharedSecret DescribeCustomKeyStores DescribeKey DisableKey
DisableKeyRotation DisconnectCustomKeyStore EnableKey EnableKeyRotation Encrypt GenerateDataKey GenerateDataKeyPair
GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GenerateRandom GetKeyPolicy
GetKeyRotationStatus GetParametersForImport GetPublicKey ImportKeyMaterial ListAliases ListGrants ListKeyPolicies
ListKeyRotations ListKeys ListResourceTags ListRetirableGrants PutKeyPolicy ReEncryptFrom ReEncryptTo ReplicateKey
RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion Sign SynchronizeMultiRegionKey TagResource UntagResource
UpdateAlias UpdateCustomKeyStore UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac `
)

// Actions yields the actions of a service, s3 or kms, as policies write them: s3:GetObject. Of other services it knows none.
func Actions(service string) iter.Seq[string] {
	return func(yield func(string) bool) {
		names := map[string]string{"s3": actionsOfS3, "kms": actionsOfKMS}[strings.ToLower(service)]
		for name := range strings.FieldsSeq(names) {
			if !yield(strings.ToLower(service) + ":" + name) {
				return
			}
		}
	}
}

// ActionsOfOperation are what IAM checks for an operation of S3's or KMS's API that has no action of its own name; nil for others.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
// https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
func ActionsOfOperation(operation string) []string {
	switch operation {
	case "HeadObject", "GetObjectMetadata", "SelectObjectContent":
		return []string{"s3:GetObject"}
	case "CreateMultipartUpload", "InitiateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "CopyObject", "CopyPart":
		return []string{"s3:PutObject"}
	case "ListParts":
		return []string{"s3:ListMultipartUploadParts"}
	case "ListMultipartUploads":
		return []string{"s3:ListBucketMultipartUploads"}
	case "ListObjects", "ListObjectsV2", "HeadBucket":
		return []string{"s3:ListBucket"}
	case "ListObjectVersions", "ListVersions":
		return []string{"s3:ListBucketVersions"}
	case "ListBuckets":
		return []string{"s3:ListAllMyBuckets"}
	case "DeleteObjects":
		return []string{"s3:DeleteObject"}
	case "GetBucketEncryption":
		return []string{"s3:GetEncryptionConfiguration"}
	case "PutBucketEncryption", "DeleteBucketEncryption":
		return []string{"s3:PutEncryptionConfiguration"}
	case "GetBucketLifecycleConfiguration":
		return []string{"s3:GetLifecycleConfiguration"}
	case "PutBucketLifecycleConfiguration":
		return []string{"s3:PutLifecycleConfiguration"}
	case "GetPublicAccessBlock":
		return []string{"s3:GetBucketPublicAccessBlock"}
	case "PutPublicAccessBlock":
		return []string{"s3:PutBucketPublicAccessBlock"}
	case "ReEncrypt":
		return []string{"kms:ReEncryptFrom", "kms:ReEncryptTo"}
	}
	return nil
}
