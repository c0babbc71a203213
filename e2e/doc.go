// Package e2e proves the product against real servers and clients: Dex signs people in, MinIO's STS checks their ID
// tokens and its S3 enforces the policies, gnome-keyring and the kernel keep the secrets, and the AWS CLI and Databricks'
// SDKs for Go and JavaScript (programs in clients) ask for credentials. Faked are the person, by a form parser that walks
// through the providers' pages, and the Databricks workspace, which nobody can run: the project's sandbox stands in.
//
// It is a module of its own, which builds the product's binary and never imports the product. It runs on Linux, on
// loopback only, and leaves nothing running:
//
//	go run ./prepare     # once: Debian packages, servers and clients
//	go test ./...
package e2e
