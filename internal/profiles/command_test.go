package profiles

import (
	"slices"
	"testing"
)

func TestWhoseCommandItIs(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]*ownCommand{
		"/x/dbxaccess credential-process --role r --identity i":         {helper: "/x/dbxaccess", role: "r", identity: "i", plain: true},
		`"/x y/dbxaccess"   credential-process --role r --identity i`:   {helper: "/x y/dbxaccess", role: "r", identity: "i", plain: true},
		`'C:\x y\dbxaccess.exe' credential-process --role=r`:            {helper: `C:\x y\dbxaccess.exe`, role: "r"},
		`C:\x\DBXACCESS.EXE credential-process --identity i --role r`:   {helper: `C:\x\DBXACCESS.EXE`, role: "r", identity: "i"},
		"dbxaccess credential-process":                                  {helper: "dbxaccess"},
		"/x/dbxaccess credential-process --role":                        {helper: "/x/dbxaccess"},
		"/x/dbxaccess credential-process --role r --identity i --scope": {helper: "/x/dbxaccess", role: "r", identity: "i"},
		"/x/dbxaccess credential-process --role --identity i":           {helper: "/x/dbxaccess", role: "--identity", identity: "i"},
		"":                                     nil,
		"dbxaccess":                            nil,
		"dbxaccess credential-processes":       nil,
		"dbxaccess --debug credential-process": nil,
		"/x/my-dbxaccess credential-process":   nil,
		"/x/dbxaccess/y credential-process":    nil,
		"/x/dbxaccess.sh credential-process":   nil,
		"DBXACCESS credential-process":         nil,
		`"/x/dbxaccess credential-process`:     nil,
		`"/x/dbxaccess credential-process"`:    nil,
		`/x\ y/dbxaccess credential-process`:   nil,
		"sh -c 'dbxaccess credential-process'": nil,
	} {
		got, ok := parseOwn(command)
		if ok != (want != nil) || ok && got != *want {
			t.Errorf("%q: got %+v, %v; want %+v", command, got, ok, want)
		}
	}
}

func TestSplitCommand(t *testing.T) {
	t.Parallel()
	for command, want := range map[string][]string{
		"":                 nil,
		" \t ":             nil,
		"a  b\tc":          {"a", "b", "c"},
		`"a b"c 'd "e' ""`: {"a bc", `d "e`, ""},
		`a\ b`:             {`a\`, "b"},
		`"a`:               nil,
	} {
		if got := splitCommand(command); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", command, got, want)
		}
	}
}
