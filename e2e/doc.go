// Package e2e proves the product against real servers and clients: Dex signs people in, MinIO's STS checks their ID
// tokens and its S3 enforces the policies, gnome-keyring and the kernel keep the secrets, and the AWS CLI, boto3, rclone,
// AWS's and Databricks' SDKs for Go and JavaScript (programs in clients) ask for credentials. The person is faked, by a
// form parser that walks through the providers' pages or by hands on a real browser.
//
// The build for Windows runs under Wine, with the Credential Manager, the registry and the cmd.exe of that.
//
// The project's sandbox stands in where the real thing can't be run: the Databricks workspace, AWS IAM Identity
// Center, whose double AWS's own SDK is let loose on, AWS IAM, whose double the AWS CLI reads, and a provider that fails at the worst moment. A SQL warehouse of
// one answer is before the workspace.
//
// The record is sent to rsyslog, an OpenTelemetry collector and a bucket of MinIO's.
//
// What policies allow is judged twice more: by MinIO, and by iam-simulate, another's evaluator of IAM's rules, beside ours.
//
// It is a module of its own, which builds the product's binary and imports nothing of the product's module but the
// sandbox, the evaluator that is to agree with the other, and the form of the record; package rendered reads back what the product writes for others. It runs on Linux, on loopback only, and leaves nothing running:
//
//	go run ./prepare     # once: Debian packages, servers and clients
//	go test ./...
//
// DBXACCESS_E2E_SOAK is how long TestSoak takes, two minutes if it is not set.
// DBXACCESS_E2E_SCREENSHOTS names a folder for pictures of the pages that end a sign-in.
package e2e
