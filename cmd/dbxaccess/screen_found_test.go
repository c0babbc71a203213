//go:build linux

package main

import (
	"encoding/json"
	"testing"
	"time"
)

// TestScreensOfWhatIsFound are those of an administrator's commands, as TestScreens has the others.
func TestScreensOfWhatIsFound(t *testing.T) {
	golden(t, "scan", keysLeftBehind, nil, "scan", "churn.ipynb", "job.json")
	golden(t, "audit-trace", aWeekWasRead, nil, "audit", "trace", "--cloudtrail", "march.json", "--record", "week.jsonl")
}

// keysLeftBehind leaves a key in a notebook, in what it printed, and in a job. What looks like a key is put together here.
func keysLeftBehind(d *desk) {
	token := "da" + "pi" + "6f1b94ce2d7a80356f0b94ce2d7a8f31"
	d.file("churn.ipynb", `{"nbformat": 4, "cells": [
 {"cell_type": "code", "source": ["import os\n", "os.environ['DATABRICKS_TOKEN'] = '`+token+`'\n", "print(os.environ)\n"],
  "outputs": [{"output_type": "stream", "text": ["DATABRICKS_TOKEN=`+token+`\n"]}]}
]}
`)
	d.file("job.json", `{"new_cluster": {"spark_env_vars": {"DATABRICKS_TOKEN": "`+token+`"}}}`+"\n")
}

// aWeekWasRead has the example's record and what CloudTrail logged of its credentials: two people, a job, and a key that nobody issued.
func aWeekWasRead(d *desk) {
	d.file("week.jsonl", string(exampleRecord()))
	type object = map[string]any
	var events []object
	read := func(key, name string, at time.Time, bytes int) {
		events = append(events, object{
			"eventTime": at.Format(time.RFC3339), "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "awsRegion": "us-east-1",
			"eventID": at.Format(time.RFC3339) + name, "userIdentity": object{"type": "AssumedRole", "accessKeyId": key},
			"requestParameters":   object{"bucketName": "acme-ml", "key": name},
			"additionalEventData": object{"bytesTransferredOut": bytes},
		})
	}
	day := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.March, day, hour, minute, 0, 0, time.UTC)
	}
	for i := range 12 {
		read("ASIAEXAMPLE0000B", "churn/day=1/part-0.parquet", day(24, 8, 4+i), 1<<20)
	}
	for i := range 40 {
		read("ASIAEXAMPLE0000C", "churn/day=1/part-1.parquet", day(25, 9, i), 8<<20)
	}
	read("ASIAEXAMPLE0000G", "churn/day=2/part-0.parquet", day(26, 7, 47), 1<<10)
	read("ASIAEXAMPLE0000X", "churn/day=1/part-0.parquet", day(27, 23, 12), 1<<20)
	data, err := json.Marshal(object{"Records": events})
	if err != nil {
		d.t.Fatal(err)
	}
	d.file("march.json", string(data))
}
