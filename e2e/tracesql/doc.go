// Package tracesql runs the SQL that `audit trace --sql` and `audit cost --sql` write, in DuckDB. The first is held to the local join: on
// random records and logs, laid out as `audit ship` and the clouds lay them out. The second is run on bills that were made up, whose
// sums are known. What DuckDB calls otherwise than Athena and Databricks is defined as they have it.
//
// It stands here for the sake of DuckDB, which needs a C compiler.
package tracesql
