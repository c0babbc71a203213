module github.com/dbxaccess/dbxaccess/e2e

go 1.26.0

require (
	github.com/aws/aws-sdk-go-v2 v1.47.7
	github.com/godbus/dbus/v5 v5.2.4
	golang.org/x/crypto v0.58.0
	golang.org/x/net v0.62.0
)

require (
	github.com/aws/smithy-go v1.28.8 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
