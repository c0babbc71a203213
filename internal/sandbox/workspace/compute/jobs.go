package compute

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// mostTasks is how many tasks, and job clusters, an answer about a job has.
const mostTasks = 100

// paged are a job's settings that come in pages.
var paged = []string{"tasks", "job_clusters"}

func (c *Compute) listJobs(r *http.Request) *harness.Reply {
	expand := r.URL.Query().Get("expand_tasks") == "true"
	return c.page(r, "jobs", "limit", 100, len(c.held.Jobs)+c.held.MadeUpJobs, func(i int) object {
		return excerpt(c.job(i), expand, 0)
	})
}

// job is one by its number in the list.
func (c *Compute) job(i int) object {
	if i < len(c.held.Jobs) {
		return c.held.Jobs[i]
	}
	id := float64(900_000 + i)
	return object{
		"job_id": id, "creator_user_name": fmt.Sprintf("person-%d@example.com", i%50),
		"settings": object{
			"name": fmt.Sprintf("nightly %d", i), "max_concurrent_runs": float64(1), "format": "MULTI_TASK",
			"tags": object{"team": "ml"},
			"tasks": []any{
				object{"task_key": "train", "job_cluster_key": "main", "notebook_task": object{
					"notebook_path": fmt.Sprintf("/Shared/nightly/%d", i), "base_parameters": object{"date": "{{job.start_time.iso_date}}", "limit": "1000"},
				}},
				object{"task_key": "report", "depends_on": []any{object{"task_key": "train"}}, "job_cluster_key": "main", "spark_python_task": object{
					"python_file": "/Workspace/Shared/report.py", "parameters": []any{"--run", strconv.Itoa(i)},
				}},
			},
			"job_clusters": []any{object{"job_cluster_key": "main", "new_cluster": object{
				"spark_version": "16.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": float64(2),
				"spark_conf": object{"spark.databricks.delta.preview.enabled": "true"},
			}}},
		},
	}
}

// excerpt is a job as an answer has it: its tasks and clusters from one on, or without them.
func excerpt(job object, expand bool, begin int) object {
	answer := clone(job)
	settings, _ := job["settings"].(object)
	if settings == nil {
		return answer
	}
	short, more := clone(settings), false
	for _, name := range paged {
		all, _ := settings[name].([]any)
		if delete(short, name); !expand || begin >= len(all) {
			continue
		}
		end := min(begin+mostTasks, len(all))
		short[name] = all[begin:end]
		more = more || end < len(all)
	}
	answer["settings"] = short
	if more {
		answer["has_more"] = true
	}
	return answer
}

func (c *Compute) getJob(r *http.Request) *harness.Reply {
	query := r.URL.Query()
	begin := 0
	if token := query.Get("page_token"); token != "" {
		var err error
		if begin, err = strconv.Atoi(token); err != nil || begin%mostTasks != 0 {
			return Refusal("INVALID_PARAMETER_VALUE", "Invalid page token")
		}
	}
	for i := range len(c.held.Jobs) + c.held.MadeUpJobs {
		if job := c.job(i); fmt.Sprint(job["job_id"]) == query.Get("job_id") || fmt.Sprintf("%.0f", job["job_id"]) == query.Get("job_id") {
			answer := excerpt(job, true, begin)
			if answer["has_more"] == true {
				answer["next_page_token"] = strconv.Itoa(begin + mostTasks)
			}
			return harness.JSON(http.StatusOK, answer)
		}
	}
	return Refusal("INVALID_PARAMETER_VALUE", "Job "+query.Get("job_id")+" does not exist.")
}
