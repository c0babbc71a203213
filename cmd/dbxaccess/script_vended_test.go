package main

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptVendCall checks the last request for credentials of Unity Catalog: `vendcall 'table READ ID'`.
func scriptVendCall(ts *testscript.TestScript, neg bool, args []string) {
	calls := serverOf(ts).VendingCalls()
	if len(calls) == 0 {
		ts.Fatalf("Unity Catalog was not asked")
	}
	last := calls[len(calls)-1]
	got := last.Of + " " + last.Operation + " " + last.Name
	if (got == args[0]) == neg {
		ts.Fatalf("the last request to Unity Catalog was for %q", got)
	}
}

// scriptGrantCall checks the last request to S3 Access Grants: `grantcall 's3://acme-ml/churn/* READ Minimal'`, or what it
// shows in CloudTrail: `grantcall 'audit alice'`.
func scriptGrantCall(ts *testscript.TestScript, neg bool, args []string) {
	calls := serverOf(ts).GrantCalls()
	if len(calls) == 0 {
		ts.Fatalf("S3 Access Grants were not asked")
	}
	last := calls[len(calls)-1]
	got := strings.TrimSpace(strings.Join([]string{last.Target, last.Permission, last.Privilege, last.TargetType}, " "))
	if strings.HasPrefix(args[0], "audit ") {
		got = "audit " + last.AuditContext
	}
	if (got == args[0]) == neg {
		ts.Fatalf("the last request to S3 Access Grants was %q", got)
	}
}
