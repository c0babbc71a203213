package sts

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go/middleware"
)

// What AWS calls the request and the person comes from a server: it is cleaned.
func TestWhatTheRecordSaysOfAnAnswer(t *testing.T) {
	t.Parallel()
	var meta middleware.Metadata
	awsmiddleware.SetRequestIDMetadata(&meta, "01234567-89ab\x1b[31m")
	got := ofSTS(&types.Credentials{}, "", nil, nil, aws.String("alice@example.com"), meta)
	if got.RequestID != "01234567-89ab[31m" || got.SourceIdentity != "alice@example.com" {
		t.Errorf("got %q, %q", got.RequestID, got.SourceIdentity)
	}
}
