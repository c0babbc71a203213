package awscli

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestWhatTheAWSCLIPrints(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	const keys = `"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"s","SessionToken":"t"`
	for printed, want := range map[string]ui.ID{
		`{` + keys + `,"Expiration":"2026-11-29T13:00:00Z"}`: "",
		`{` + keys + `}`: "",
		`{` + keys + `,"Expiration":"2026-11-29T11:00:00Z"}`:        "aws-answer-over",
		`{"Version":1,"AccessKeyId":"AKIA1","SecretAccessKey":"s"}`: "aws-profile-long-lived",
		`{"Version":1,"AccessKeyId":"ASIA1"}`:                       "aws-profile-failed",
		`<html>`:                                                    "aws-profile-failed",
		``:                                                          "aws-profile-failed",
		`{"AccessKeyId":"A\n","SecretAccessKey":"s","SessionToken":"t"}`: "aws-unknown-answer",
	} {
		got, err := exported("audit", "", []byte(printed), now)
		if ui.IDOf(err) != want || err == nil && (got.AccessKeyID != "ASIA1" || !got.Expires.After(now)) {
			t.Errorf("%s: %+v, %v", printed, got, err)
		}
	}
}
