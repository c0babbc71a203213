package sqltext

import (
	"strings"
	"testing"
)

// What stands in a record is data in a query, whatever it is.
func TestLiterals(t *testing.T) {
	t.Parallel()
	const hostile = `x'); DROP TABLE t; -- \' "`
	for engine, want := range map[Engine]string{
		Databricks: `'x\'); DROP TABLE t; -- \\\' "'`, Athena: `'x''); DROP TABLE t; -- \'' "'`,
	} {
		if got := engine.Text(hostile); got != want {
			t.Errorf("%s: %s", engine, got)
		}
	}
	for got, want := range map[string]string{
		Athena.Name(`a.b"c`): `"a"."b""c"`, Databricks.Name("a.b`c"): "`a`.`b``c`", Athena.DDLName("a.b`c"): "`a`.`b``c`",
	} {
		if got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
	if got := Comment("a\n; DROP"); strings.Contains(got, "\n") {
		t.Error(got)
	}
}
