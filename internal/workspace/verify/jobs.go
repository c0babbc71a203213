package verify

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/databricks/databricks-sdk-go/service/compute"
	"github.com/databricks/databricks-sdk-go/service/jobs"
	"github.com/databricks/databricks-sdk-go/service/pipelines"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func (r *run) lookAtJobs(ctx context.Context) error {
	all := list{path: "/api/2.2/jobs/list", query: map[string]any{"limit": 100, "expand_tasks": true}, items: "jobs"}
	return r.pages(ctx, Jobs, all, func(ctx context.Context, items []json.RawMessage) error {
		return each(ctx, r, Jobs, items, func(raw json.RawMessage) Object { return Object{Type: "job", Name: nameIn(raw)} }, r.job)
	})
}

// aJob is what something is decided by of a job. The SDK's own form of it is read by reflection at every level, which took most of the time of
// a run; its forms of what is inside are used as they are.
type aJob struct {
	JobID    int64  `json:"job_id"`
	Creator  string `json:"creator_user_name"`
	HasMore  bool   `json:"has_more"`
	NextPage string `json:"next_page_token"`
	Settings struct {
		Name     string         `json:"name"`
		RunAs    *jobs.JobRunAs `json:"run_as"`
		Clusters []struct {
			Key string               `json:"job_cluster_key"`
			New *compute.ClusterSpec `json:"new_cluster"`
		} `json:"job_clusters"`
		Tasks []struct {
			task

			Key  string `json:"task_key"`
			Loop *struct {
				Task task `json:"task"`
			} `json:"for_each_task"`
		} `json:"tasks"`
	} `json:"settings"`
}

// task is one with compute of its own.
type task struct {
	New *compute.ClusterSpec `json:"new_cluster"`
}

// job looks at one. The list has no more than 100 of its tasks and clusters: of a larger one, each page is asked for.
func (r *run) job(ctx context.Context, raw json.RawMessage) error {
	one, ok := read[aJob](r, Jobs, raw)
	if !ok {
		return nil
	}
	if !one.HasMore {
		return r.jobPage(ctx, &one, raw, true)
	}
	token := ""
	for n := range 1000 {
		var raw json.RawMessage
		query := map[string]any{"job_id": one.JobID}
		if token != "" {
			query["page_token"] = token
		}
		if err := r.get(ctx, "/api/2.2/jobs/get", query, &raw); err != nil {
			return err
		}
		var page aJob
		if json.Unmarshal(raw, &page) != nil {
			return unusual("the job is not as its API promises")
		}
		page.JobID, page.Creator = one.JobID, one.Creator
		if err := r.jobPage(ctx, &page, raw, n == 0); err != nil {
			return err
		}
		if page.NextPage == "" || page.NextPage == token {
			return nil
		}
		token = page.NextPage
	}
	return unusual("the job's tasks do not end")
}

// jobPage looks at a job's settings with some of its tasks; first says that they are the first of them, or all.
func (r *run) jobPage(ctx context.Context, one *aJob, raw json.RawMessage, first bool) error {
	settings := &one.Settings
	object := Object{"job", strconv.FormatInt(one.JobID, 10), settings.Name}
	name, kind, implicit := one.Creator, kindOfName(one.Creator), true
	if as := settings.RunAs; as != nil {
		switch implicit = false; {
		case as.ServicePrincipalName != "":
			name, kind = as.ServicePrincipalName, ServicePrincipal
		case as.UserName != "":
			name, kind = as.UserName, Person
		case as.GroupName != "":
			name, kind = as.GroupName, Group
		}
	}
	if first {
		r.owned(Jobs, object, name, kind, implicit)
	}
	r.settings(Jobs, object, name, raw)
	look := func(where string, spec *compute.ClusterSpec) error {
		if spec == nil {
			return nil
		}
		_, err := r.machine(ctx, machine{Jobs, object, where, name, *spec})
		return err
	}
	for _, c := range settings.Clusters {
		if err := look("job_clusters."+c.Key, c.New); err != nil {
			return err
		}
	}
	for _, t := range settings.Tasks {
		if err := look("tasks."+t.Key, t.New); err != nil {
			return err
		}
		if t.Loop != nil {
			if err := look("tasks."+t.Key+".for_each_task", t.Loop.Task.New); err != nil {
				return err
			}
		}
	}
	return nil
}

// owned counts who something runs as, and tells where that is a person.
func (r *run) owned(part Part, o Object, name string, kind IdentityKind, implicit bool) {
	r.runsAs(name, kind, implicit)
	if kind != Person || name == "" {
		return
	}
	what := "runs as " + ui.Cut(name, 120)
	if implicit {
		what += ", who created it: nothing says who it is to run as"
	}
	r.report(Finding{
		ID: "verify-runs-as-person", Part: part, Object: o, RunsAs: name, What: what,
		Fix: ui.Advice("let it run as a service principal (run_as)"),
	})
}

func (r *run) lookAtPipelines(ctx context.Context) error {
	all := list{path: "/api/2.0/pipelines", query: map[string]any{"max_results": 100}, items: "statuses"}
	return r.pages(ctx, Pipelines, all, func(ctx context.Context, items []json.RawMessage) error {
		return each(ctx, r, Pipelines, items, func(raw json.RawMessage) Object { return Object{Type: "pipeline", Name: nameIn(raw)} }, r.pipeline)
	})
}

func (r *run) pipeline(ctx context.Context, listed json.RawMessage) error {
	of, ok := read[pipelines.PipelineStateInfo](r, Pipelines, listed)
	if !ok {
		return nil
	}
	var raw json.RawMessage
	if err := r.get(ctx, "/api/2.0/pipelines/"+segment(of.PipelineId), nil, &raw); err != nil {
		return err
	}
	var whole pipelines.GetPipelineResponse
	var machines struct {
		Spec struct {
			Clusters []json.RawMessage `json:"clusters"`
		} `json:"spec"`
	}
	if json.Unmarshal(raw, &whole) != nil || json.Unmarshal(raw, &machines) != nil {
		return unusual("the pipeline is not as its API promises")
	}
	object := Object{"pipeline", whole.PipelineId, whole.Name}
	name, kind, implicit := whole.RunAsUserName, kindOfName(whole.RunAsUserName), false
	if as := whole.RunAs; as != nil && as.ServicePrincipalName != "" {
		name, kind = as.ServicePrincipalName, ServicePrincipal
	}
	if name == "" {
		name, kind, implicit = whole.CreatorUserName, kindOfName(whole.CreatorUserName), true
	}
	r.owned(Pipelines, object, name, kind, implicit)
	r.settings(Pipelines, object, name, raw)
	for _, c := range machines.Spec.Clusters {
		m := machine{part: Pipelines, object: object, runsAs: name}
		var label struct {
			Label string `json:"label"`
		}
		if json.Unmarshal(c, &m.spec) != nil || json.Unmarshal(c, &label) != nil {
			return unusual("a cluster of the pipeline is not as its API promises")
		}
		m.where = join("clusters", label.Label)
		if _, err := r.machine(ctx, m); err != nil {
			return err
		}
	}
	return nil
}
