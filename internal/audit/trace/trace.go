// Package trace joins what AWS and Databricks logged with the record of what was issued to whom.
//
// In come the record, and files of CloudTrail and of Databricks' system.access.audit, read as hostile; out comes for each access
// to data by whose credentials it was done, in which run, through which role and rule, or why that is not known; and what adds up
// by person, dataset and run. It must never join an access to someone who may not have been it: an ambiguous name is joined to
// nobody, and so is what happened outside a credential's life. It keeps no more in memory for a long log than for a short one.
package trace

// event is what one entry of a log says, as far as the join needs it. Its texts lie in the buffer that it was read from, and are
// empty where the entry does not say it.
type event struct {
	time, source, name, region, address, failure, id, sharedID, recipient []byte

	caller *caller // nil where the entry does not say who it was

	bucket, key, prefix, copied []byte // of the request
	resource                    []byte // ARN of the first object of S3, else of the first bucket
	bytesIn, bytesOut           int64  // -1 where it is not said
}
