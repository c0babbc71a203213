package warehouse

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/smithy-go"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// EndpointVariable names another Athena than AWS's.
const EndpointVariable = "AWS_ENDPOINT_URL_ATHENA"

// AthenaOptions say how Athena is asked. HTTP, Region and Keys are needed.
type AthenaOptions struct {
	HTTP         *http.Client // from httpclient: no redirects, bounded bodies
	Region       string
	Endpoint     string   // of EndpointVariable, checked before anything is sent; "" for AWS's own
	TrustedHosts []string // that it may name besides AWS and this machine
	Hosts        iam.Hosts
	Keys         func(ctx context.Context) (*sts.Credentials, error)
	Workgroup    string // "" for Athena's own, primary
	Results      string // where answers are put, as in s3://acme-athena/; "" for where the workgroup has them
	Tell         func(Status)
}

// Athena runs statements at Athena. https://docs.aws.amazon.com/athena/latest/APIReference/Welcome.html
type Athena struct {
	o   AthenaOptions
	sdk *athena.Client
}

// NewAthena returns what asks Athena in a region. Nothing is asked yet.
func NewAthena(o AthenaOptions) (*Athena, error) {
	endpoint, err := httpclient.CheckEndpoint(EndpointVariable, o.Endpoint, o.TrustedHosts, func(host string) bool { return iam.IsServiceHost("athena", host) })
	if err != nil {
		return nil, err
	}
	asked := httpclient.Asked{Doing: asking, Of: "Athena"}
	if endpoint != "" {
		asked.Named = EndpointVariable
	}
	options := athena.Options{
		Region: o.Region, Retryer: aws.NopRetryer{}, // its own would hide how long a call may take
		HTTPClient: httpclient.SDK{Client: o.HTTP, Asked: asked, Answers: func(a *httpclient.Answer) bool {
			_, object := httpclient.ParseObject(a.Body)
			return object || a.OK() && len(a.Body) == 0
		}},
		Credentials: aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			keys, err := o.Keys(ctx)
			if err != nil {
				return aws.Credentials{}, err
			}
			return aws.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey.Reveal(), SessionToken: keys.SessionToken.Reveal()}, nil
		}),
	}
	if endpoint != "" {
		options.BaseEndpoint = aws.String(endpoint)
	}
	if o.Hosts.FIPS {
		options.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
	}
	if o.Hosts.DualStack {
		options.EndpointOptions.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled
	}
	return &Athena{o, athena.New(options)}, nil
}

const asking = "asking Athena"

// Execute implements Engine.
func (a *Athena) Execute(ctx context.Context, statement string) error {
	_, err := a.run(ctx, statement)
	return err
}

// Query implements Engine.
func (a *Athena) Query(ctx context.Context, statement string, row func(columns, values []string) error) error {
	id, err := a.run(ctx, statement)
	if err != nil {
		return err
	}
	var columns, values []string
	in := &athena.GetQueryResultsInput{QueryExecutionId: &id, MaxResults: aws.Int32(1000)} // Athena's most
	for rows := 0; ; {
		page, err := ask(ctx, func(ctx context.Context) (*athena.GetQueryResultsOutput, error) {
			return a.sdk.GetQueryResults(ctx, in)
		})
		if err != nil {
			return err
		}
		if page.ResultSet == nil || page.ResultSet.ResultSetMetadata == nil {
			return strange(asking, "it has no columns")
		}
		first := columns == nil
		if first {
			for _, c := range page.ResultSet.ResultSetMetadata.ColumnInfo {
				columns = append(columns, aws.ToString(c.Name))
			}
		}
		for i, r := range page.ResultSet.Rows {
			if len(r.Data) != len(columns) {
				return strange(asking, "a row has more or fewer values than there are columns")
			}
			values = values[:0]
			for _, d := range r.Data {
				values = append(values, aws.ToString(d.VarCharValue))
			}
			if first && i == 0 { // the names once more
				continue
			}
			if rows++; rows > maxRows {
				return tooMuch("the query", ui.Count(maxRows, "row", "rows"))
			}
			if err := row(columns, values); err != nil {
				return err
			}
		}
		next := aws.ToString(page.NextToken)
		switch {
		case next == "":
			return nil
		case next == aws.ToString(in.NextToken):
			return strange(asking, "its pages lead to themselves")
		}
		in.NextToken = &next
	}
}

// run starts a statement and waits until it is done.
func (a *Athena) run(ctx context.Context, statement string) (id string, err error) {
	in := &athena.StartQueryExecutionInput{
		QueryString:        aws.String(strings.TrimSuffix(strings.TrimSpace(statement), ";")),
		ClientRequestToken: aws.String(rand.Text() + rand.Text()), // at least 32 characters: asked again, it starts nothing twice
	}
	if a.o.Workgroup != "" {
		in.WorkGroup = &a.o.Workgroup
	}
	if a.o.Results != "" {
		in.ResultConfiguration = &types.ResultConfiguration{OutputLocation: &a.o.Results}
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	begin, cancel := starting(ctx)
	defer cancel()
	started, err := ask(begin, func(ctx context.Context) (*athena.StartQueryExecutionOutput, error) {
		return a.sdk.StartQueryExecution(ctx, in)
	})
	if err != nil {
		return "", err
	}
	if id = aws.ToString(started.QueryExecutionId); id == "" {
		return "", strange(asking, "the query has no ID")
	}
	named := "query " + ui.Cut(ui.Clean(id), 60) + " at Athena"
	return id, await(ctx, named, func(ctx context.Context) (bool, error) { return a.done(ctx, named, id) }, func(ctx context.Context) error {
		_, err := ask(ctx, func(ctx context.Context) (*athena.StopQueryExecutionOutput, error) {
			return a.sdk.StopQueryExecution(ctx, &athena.StopQueryExecutionInput{QueryExecutionId: &id})
		})
		return err
	})
}

// done asks whether a query is done.
func (a *Athena) done(ctx context.Context, named, id string) (bool, error) {
	got, err := ask(ctx, func(ctx context.Context) (*athena.GetQueryExecutionOutput, error) {
		return a.sdk.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: &id})
	})
	if err != nil {
		return false, err
	}
	if got.QueryExecution == nil || got.QueryExecution.Status == nil {
		return false, strange(asking, "the query has no state")
	}
	s := Status{State: string(got.QueryExecution.Status.State)}
	if told := got.QueryExecution.Statistics; told != nil {
		s.Scanned = max(0, aws.ToInt64(told.DataScannedInBytes))
	}
	if a.o.Tell != nil {
		a.o.Tell(s)
	}
	switch got.QueryExecution.Status.State {
	case types.QueryExecutionStateSucceeded:
		return true, nil
	case types.QueryExecutionStateQueued, types.QueryExecutionStateRunning:
		return false, nil
	}
	return false, failed(named, s.State, aws.ToString(got.QueryExecution.Status.StateChangeReason))
}

// patience is for calls where AWS says that trying again helps.
var patience = httpclient.Policy{
	Pauses: []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond}, Jitter: true,
}

// ask sends a call, again where AWS says that this helps.
func ask[Out any](ctx context.Context, call func(ctx context.Context) (*Out, error)) (out *Out, err error) {
	err = httpclient.Retry(ctx, asking, patience, func(ctx context.Context) (err error) {
		if out, err = call(ctx); err == nil {
			return nil
		}
		after, passing := httpclient.Passing(err)
		transient, explained := explain(err)
		if passing || transient {
			return httpclient.Temporary(explained, after)
		}
		return explained
	})
	return out, err
}

// explain turns an error of Athena into ours, and reports first whether the same request may succeed in a moment.
// https://docs.aws.amazon.com/athena/latest/APIReference/CommonErrors.html
func explain(err error) (transient bool, explained error) {
	refused, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		if sent, ok := errors.AsType[*ui.Error](err); ok { // by httpclient.SDK, or by who gives the credentials
			return false, sent
		}
		return false, httpclient.Explain(asking, err)
	}
	code := strings.TrimSuffix(refused.ErrorCode(), "Exception")
	said := ui.Cut(ui.Clean(code+": "+refused.ErrorMessage()), mostText)
	transient = code == "TooManyRequests" || code == "Throttling" || code == "InternalServer" || code == "ServiceUnavailable"
	return transient, ui.Errorf("query-refused", ui.Refused, "Athena does not run the query: %s", said).
		With(ui.Advice("it takes athena:StartQueryExecution, GetQueryExecution, GetQueryResults and StopQueryExecution, Glue's tables, and S3 where the logs, "+
			"the record and the answers are", "where the workgroup has no place for answers: --results s3://BUCKET/PREFIX/"))
}
