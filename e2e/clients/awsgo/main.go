// Command awsgo is a program that uses the AWS SDK for Go: it reads an object once, and again and again until a file is there.
//
//	awsgo [-readers 20] ENDPOINT BUCKET KEY STOP
//
// Region and credentials come from where the SDK finds them by itself. Each reader asks for its own credentials, as a
// program of its own does. It prints how many reads went well, how many did not, and the first error, as one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const pause = 200 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tally is what the clients for all languages print.
type tally struct {
	Reads    int    `json:"reads"`
	Failures int    `json:"failures"`
	Error    string `json:"error"` // the first

	mu sync.Mutex
}

func (t *tally) count(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.Reads++
		return
	}
	t.Failures++
	if t.Error == "" {
		t.Error = time.Now().Format(time.TimeOnly) + " " + err.Error()
	}
}

func run(ctx context.Context) error {
	readers := flag.Int("readers", 1, "how many read at once")
	flag.Parse()
	if flag.NArg() != 4 {
		return errors.New("usage: awsgo [-readers N] ENDPOINT BUCKET KEY STOP")
	}
	endpoint, bucket, key, end := flag.Arg(0), flag.Arg(1), flag.Arg(2), flag.Arg(3)
	var t tally
	var group sync.WaitGroup
	for range *readers {
		settings, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return err
		}
		client := s3.NewFromConfig(settings, func(o *s3.Options) {
			o.BaseEndpoint, o.UsePathStyle = aws.String(endpoint), true
			o.DisableLogOutputChecksumValidationSkipped = true // a line for each read
		})
		group.Go(func() {
			for ; ctx.Err() == nil; time.Sleep(pause) {
				t.count(read(ctx, client, bucket, key))
				if exists(end) {
					break
				}
			}
		})
	}
	group.Wait()
	return json.NewEncoder(os.Stdout).Encode(&t)
}

func read(ctx context.Context, client *s3.Client, bucket, key string) error {
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return err
	}
	defer func() { _ = object.Body.Close() }()
	_, err = io.Copy(io.Discard, object.Body)
	return err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
