package cli

import (
	"context"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/s3"
	"github.com/dbxaccess/dbxaccess/internal/sts/awscli"
)

// MapTools are what the access map is read with while a person waits for it. patience bounds programs; 0 for their own.
func (e *Env) MapTools(patience time.Duration) *place.Tools {
	tools := e.mapTools(e.HTTP(accessmap.MaxSize), patience)
	tools.Waiting = e.Console.Progress
	return tools
}

func (e *Env) mapTools(client *http.Client, patience time.Duration) *place.Tools {
	return &place.Tools{HTTP: client, Environ: e.Environ, Patience: patience, S3: e.mapBuckets}
}

// mapBuckets is how an object in S3 is read: as the AWS CLI would, by a profile that the address names, else by what the
// environment holds, else by the environment's profile, else by what AWS gives the machine.
func (e *Env) mapBuckets() (place.S3, error) {
	settings, err := e.Settings()
	if err != nil {
		return place.S3{}, err
	}
	aws, machine, err := e.AWS()
	if err != nil {
		return place.S3{}, err
	}
	region := e.Getenv("AWS_REGION")
	if region == "" {
		region = e.Getenv("AWS_DEFAULT_REGION")
	}
	return place.S3{
		Endpoint: e.Getenv(s3.EndpointVariable), TrustedHosts: settings.TrustedHosts, Hosts: aws.Hosts, Region: region, Now: e.Now,
		Keys: func(ctx context.Context, profile string) (*credential.AWS, error) {
			if profile == "" && e.Getenv("AWS_ACCESS_KEY_ID") == "" {
				profile = e.Getenv("AWS_PROFILE")
			}
			if profile == "" {
				return machine.Credentials(ctx)
			}
			return awscli.Credentials(ctx, profile, "", e.Now())
		},
	}, nil
}
