package tracecmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace/tracesql"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/warehouse"
)

const (
	// perTerabyte is what Athena charges for a terabyte that is read, in most regions, in USD: https://aws.amazon.com/athena/pricing/
	perTerabyte = 5.0
	// mostPages bounds how many pages of a list are fetched to know what is read, each of 1,000 objects.
	mostPages = 500
	// recordScans is how often the query reads the record.
	recordScans = 2
)

func openAthena(env *cli.Env, f flags, j tracesql.Join, tell func(warehouse.Status)) (*engine, error) {
	if f.sql.workgroup != ui.Clean(f.sql.workgroup) || len(f.sql.workgroup) > 128 {
		return nil, ui.Errorf("trace-sql-workgroup", ui.Usage, "%s is no name of a workgroup", ui.Named(f.sql.workgroup)).With(ui.Command("aws athena list-work-groups"))
	}
	results := ""
	if f.sql.results != "" {
		var err error
		if results, err = place(f.sql.results); err != nil {
			return nil, err
		}
	}
	settings, err := env.Settings()
	if err != nil {
		return nil, err
	}
	keys, hosts, err := f.sql.access.Source(env)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(j.LogAt, "/")
	region := parts[len(parts)-2] // the log's, by its place, where AWS's own variables name none
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if named := env.Getenv(name); named != "" {
			region = named
		}
	}
	bucket, err := openS3(env) // checks the region
	if err != nil {
		return nil, err
	}
	bucket.where.Region, bucket.where.Hosts, bucket.keys = region, hosts, keys
	a, err := warehouse.NewAthena(warehouse.AthenaOptions{
		HTTP: env.HTTP(maxPart), Region: region, Endpoint: env.Getenv(warehouse.EndpointVariable), TrustedHosts: settings.TrustedHosts, Hosts: hosts,
		Keys: bucket.credentials, Workgroup: f.sql.workgroup, Results: results, Tell: tell,
	})
	if err != nil {
		return nil, err
	}
	return &engine{a, func(ctx context.Context) (string, error) { return athenaCost(ctx, env, bucket, j, region) }}, nil
}

// athenaCost adds up the objects that the query reads, of the log and of the record, by their days.
func athenaCost(ctx context.Context, env *cli.Env, bucket *bucketReader, j tracesql.Join, region string) (string, error) {
	defer env.Console.Progress("adding up what Athena would read")()
	total, pages := sized{}, mostPages
	log, record := j.Days()
	for i, days := range [][]string{log, record} {
		for _, day := range days {
			of, err := bucket.size(ctx, day, &pages)
			switch {
			case ctx.Err() != nil:
				return "", ctx.Err()
			case ui.IDOf(err) == "aws-credentials-none", ui.CodeOf(err) == ui.LoginNeeded:
				return "", err
			case err != nil:
				return "What Athena in " + region + " reads is not known, as its objects can't be listed (" + ui.Cut(ui.Clean(err.Error()), 300) +
					"); it is charged by what it reads, 5 USD a terabyte in most regions.", nil
			}
			if i > 0 {
				of.bytes *= recordScans
			}
			total.bytes, total.objects = total.bytes+of.bytes, total.objects+of.objects
		}
	}
	about := "about"
	if pages <= 0 {
		about = "more than"
	}
	return fmt.Sprintf("Athena in %s reads %s %s (%s), which costs %s %.2f USD at %.0f USD a terabyte, its price in most regions.",
		region, about, size(total.bytes), ui.Count(total.objects, "object", "objects"), about, max(0.01, float64(total.bytes)/1e12*perTerabyte), perTerabyte), nil
}

// sized is how much lies somewhere.
type sized struct {
	bytes   int64
	objects int
}

// size adds up the objects below a place, up to a number of pages that is counted down.
func (s *bucketReader) size(ctx context.Context, address string, pages *int) (all sized, err error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	for token := ""; *pages > 0; {
		page, err := s.page(ctx, bucket, prefix, token)
		if err != nil {
			return all, err
		}
		*pages--
		for _, object := range page.Contents {
			all.bytes, all.objects = all.bytes+max(0, object.Size), all.objects+1
		}
		if page.NextContinuationToken == "" || page.NextContinuationToken == token {
			break
		}
		token = page.NextContinuationToken
	}
	return all, nil
}
