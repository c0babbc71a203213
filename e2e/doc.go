// Package e2e proves the product against real servers and clients: Dex signs people in, MinIO's STS checks their ID
// tokens and its S3 enforces the policies, gnome-keyring and the kernel keep the secrets, and the AWS CLI asks for
// credentials. Nothing is faked but the person: a form parser walks through Dex's pages.
//
// It is a module of its own, which builds the product's binary and never imports the product. It runs on Linux, on
// loopback only, and leaves nothing running:
//
//	go run ./prepare     # once: Debian packages, MinIO and Dex
//	go test ./...
package e2e
