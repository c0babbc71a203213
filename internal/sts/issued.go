package sts

import (
	"cmp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// MaxLife is the longest that credentials of a role can live. An expiry further away is a server's error and is cut to
// it.
const MaxLife = iam.MaxDuration

// ofSTS are credentials of a role as STS answers them. Servers older than SessionTokenUtilization say packed instead,
// which is the same.
func ofSTS(got *types.Credentials, roleARN string, utilization, packed *int32, sourceIdentity *string, answer middleware.Metadata) Credentials {
	if got == nil {
		return Credentials{}
	}
	request, _ := awsmiddleware.GetRequestIDMetadata(answer)
	role, _ := arn.Parse(roleARN)
	return Credentials{
		AccessKeyID:     aws.ToString(got.AccessKeyId),
		SecretAccessKey: secret.New(aws.ToString(got.SecretAccessKey)),
		SessionToken:    secret.New(aws.ToString(got.SessionToken)),
		Expires:         aws.ToTime(got.Expiration),
		AccountID:       role.AccountID,

		RequestID: shortened(request), SourceIdentity: shortened(aws.ToString(sourceIdentity)),
		TokenUtilization: int(max(0, cmp.Or(aws.ToInt32(utilization), aws.ToInt32(packed)))),
	}
}

// shortened is what a server calls something, for the record.
func shortened(name string) string { return ui.Cut(ui.Clean(name), 80) }

// Checked returns credentials of a service, once they are known to be complete, to live, and to live for no longer than
// a role's can: a later end is cut. variable is the one that names the service's address, "" for none.
func Checked(service, variable string, got Credentials, now time.Time) (*Credentials, error) {
	return issued(question{service: service, what: "AWS credentials", moved: variable}, got, now)
}

// longOver is by how much credentials are over that nobody has just issued, whatever this machine's clock says: clocks are
// wrong by a time zone or a day, and an end in 1970 is a field that was left empty.
const longOver = 48 * time.Hour

// issued checks credentials that were answered: they must be complete, live, and not live for longer than a role's can.
func issued(about question, got Credentials, now time.Time) (*Credentials, error) {
	if got.AccessKeyID == "" || got.SecretAccessKey.IsZero() || got.SessionToken.IsZero() || got.Expires.IsZero() {
		return nil, about.noAnswer("%s answered for %s without complete credentials", about.service, about.what)
	}
	// They go into environments, headers and lines of files, where a line break or a zero would end them, and begin another.
	for _, part := range []string{got.AccessKeyID, got.SecretAccessKey.Reveal(), got.SessionToken.Reveal()} {
		if strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, about.noAnswer("%s answered for %s with characters that no key has", about.service, about.what)
		}
	}
	got.Expires = got.Expires.UTC()
	switch ago := now.Sub(got.Expires); {
	case ago > longOver:
		return nil, about.noAnswer("%s answered for %s with credentials that ended long ago, at %s",
			about.service, about.what, got.Expires.Format(time.RFC3339))
	case ago >= 0:
		return nil, ui.Errorf("aws-answer-over", ui.Failed,
			"%s answered for %s with credentials that ended at %s; this machine's clock says %s", about.service, about.what, got.Expires.Format(time.RFC3339), now.UTC().Format(time.RFC3339)).
			With(ui.Advice("set this machine's clock (it is the usual cause), then try again"))
	}
	if latest := now.Add(MaxLife); got.Expires.After(latest) {
		got.Expires = latest.UTC()
	}
	return &got, nil
}
