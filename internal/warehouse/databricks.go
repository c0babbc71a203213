package warehouse

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
)

// Workspace gives a client of the workspace, which renews its token: a query may take longer than one lives.
type Workspace func(ctx context.Context) (*workspace.Client, error)

// Databricks runs statements at a SQL warehouse. https://docs.databricks.com/api/workspace/statementexecution
type Databricks struct {
	Workspace Workspace
	Warehouse string // its ID
	Tell      func(Status)
}

const (
	statementsPath = "/api/2.0/sql/statements"
	// maxInline is the longest answer that the API sends itself: https://docs.databricks.com/api/workspace/statementexecution/executestatement
	maxInline = "25 MB"
	doingSQL  = "asking Databricks"
)

// isStatement is what an ID of a statement may be: it becomes a part of a path.
var isStatement = regexp.MustCompile(`^[0-9A-Za-z-]{1,80}$`)

// IsWarehouse reports whether the ID of a warehouse may be called so.
func IsWarehouse(id string) bool { return isStatement.MatchString(id) }

// order is a request to run a statement.
type order struct {
	Warehouse   string `json:"warehouse_id"`
	Statement   string `json:"statement"`
	Wait        string `json:"wait_timeout"`
	Disposition string `json:"disposition"`
	Format      string `json:"format"`
}

// statement is what the API says of one.
type statement struct {
	ID     string `json:"statement_id"`
	Status struct {
		State string `json:"state"`
		Error struct {
			Code    string `json:"error_code"`
			Message string `json:"message"`
		} `json:"error"`
	} `json:"status"`
	Manifest struct {
		Truncated bool `json:"truncated"`
		Chunks    int  `json:"total_chunk_count"`
		Schema    struct {
			Columns []struct {
				Name string `json:"name"`
			} `json:"columns"`
		} `json:"schema"`
	} `json:"manifest"`
	Result chunk `json:"result"`
}

// chunk is a part of an answer.
type chunk struct {
	Rows [][]*string `json:"data_array"`
	Next *int        `json:"next_chunk_index"`
}

// Execute implements Engine.
func (d *Databricks) Execute(ctx context.Context, text string) error {
	_, err := d.run(ctx, text)
	return err
}

// Query implements Engine.
func (d *Databricks) Query(ctx context.Context, text string, row func(columns, values []string) error) error {
	s, err := d.run(ctx, text)
	if err != nil {
		return err
	}
	if s.Manifest.Truncated {
		return tooMuch("the query", maxInline)
	}
	columns := make([]string, 0, len(s.Manifest.Schema.Columns))
	for _, c := range s.Manifest.Schema.Columns {
		columns = append(columns, c.Name)
	}
	values, rows := make([]string, len(columns)), 0
	for part, at := s.Result, 0; ; {
		for _, cells := range part.Rows {
			if len(cells) != len(columns) {
				return strange(doingSQL, "a row has more or fewer values than there are columns")
			}
			if rows++; rows > maxRows {
				return tooMuch("the query", ui.Count(maxRows, "row", "rows"))
			}
			for i, cell := range cells {
				values[i] = ""
				if cell != nil {
					values[i] = *cell
				}
			}
			if err := row(columns, values); err != nil {
				return err
			}
		}
		if part.Next == nil {
			if at+1 < s.Manifest.Chunks {
				return strange(doingSQL, "it ends before its last part")
			}
			return nil
		}
		if *part.Next != at+1 {
			return strange(doingSQL, "its parts are not in order")
		}
		at++
		part = chunk{}
		if err := d.ask(ctx, http.MethodGet, fmt.Sprintf("%s/%s/result/chunks/%d", statementsPath, s.ID, at), nil, &part); err != nil {
			return err
		}
	}
}

// run starts a statement and waits until it is done.
func (d *Databricks) run(ctx context.Context, text string) (*statement, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s := &statement{}
	begin, cancel := starting(ctx)
	defer cancel()
	err := d.ask(begin, http.MethodPost, statementsPath, order{
		d.Warehouse, strings.TrimSuffix(strings.TrimSpace(text), ";"), "0s", "INLINE", "JSON_ARRAY",
	}, s)
	if err != nil {
		return nil, err
	}
	if !isStatement.MatchString(s.ID) {
		return nil, strange(doingSQL, "the statement has no ID")
	}
	id := s.ID
	named := "statement " + id + " at Databricks"
	err = await(ctx, named, func(ctx context.Context) (bool, error) {
		s = &statement{}
		if err := d.ask(ctx, http.MethodGet, statementsPath+"/"+id, nil, s); err != nil {
			return false, err
		}
		s.ID = id
		if d.Tell != nil {
			d.Tell(Status{State: ui.Cut(ui.Clean(s.Status.State), 40)})
		}
		switch s.Status.State {
		case "SUCCEEDED":
			return true, nil
		case "PENDING", "RUNNING":
			return false, nil
		}
		return false, failed(named, s.Status.State, strings.TrimSpace(s.Status.Error.Code+" "+s.Status.Error.Message))
	}, func(ctx context.Context) error {
		return d.ask(ctx, http.MethodPost, statementsPath+"/"+id+"/cancel", struct{}{}, nil)
	})
	return s, err
}

func (d *Databricks) ask(ctx context.Context, method, path string, in, out any) error {
	w, err := d.Workspace(ctx)
	if err != nil {
		return err
	}
	return w.Ask(ctx, "running SQL", method, path, in, out)
}

// About says what a warehouse is, for people: its name, size and state.
func (d *Databricks) About(ctx context.Context) (string, error) {
	var w struct {
		Name  string `json:"name"`
		Size  string `json:"cluster_size"`
		State string `json:"state"`
	}
	if err := d.ask(ctx, http.MethodGet, "/api/2.0/sql/warehouses/"+url.PathEscape(d.Warehouse), nil, &w); err != nil {
		return "", err
	}
	return ui.Cut(ui.Clean(fmt.Sprintf("%s (%s, %s)", w.Name, w.Size, strings.ToLower(w.State))), 120), nil
}
