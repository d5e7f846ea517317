// What users of the official Go SDK do, against the server that CONDUCTOR_SERVER_URL names.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/antihax/optional"
	"github.com/conductor-sdk/conductor-go/sdk/client"
	"github.com/conductor-sdk/conductor-go/sdk/model"
	"github.com/conductor-sdk/conductor-go/sdk/settings"
	"github.com/conductor-sdk/conductor-go/sdk/worker"
	"github.com/conductor-sdk/conductor-go/sdk/workflow/executor"
	log "github.com/sirupsen/logrus"
)

const (
	task         = "go_task"
	handTask     = "go_task_by_hand"
	workflow     = "go_workflow"
	handWorkflow = "go_workflow_by_hand"
	endsWithin   = 20 * time.Second
)

var (
	api       = client.NewAPIClient(nil, settings.NewHttpSettings(os.Getenv("CONDUCTOR_SERVER_URL")))
	metadata  = client.NewMetadataClient(api)
	tasks     = client.NewTaskClient(api)
	workflows = executor.NewWorkflowExecutor(api)
	ctx       = context.Background()
)

// The first attempt of every workflow's first task fails.
func work(t *model.Task) (interface{}, error) {
	by := fmt.Sprintf("%s#%d", t.ReferenceTaskName, t.RetryCount)
	if by == "first#0" {
		return nil, errors.New("not yet")
	}
	return map[string]interface{}{"by": by}, nil
}

func workflowDef(name, taskName string) model.WorkflowDef {
	def := model.WorkflowDef{
		Name:    name,
		Version: 1,
		OutputParameters: map[string]interface{}{
			"first": "${first.output.by}", "second": "${second.output.by}",
		},
	}
	for _, ref := range []string{"first", "second"} {
		def.Tasks = append(def.Tasks, model.WorkflowTask{Name: taskName, TaskReferenceName: ref, Type_: "SIMPLE"})
	}
	return def
}

func request(name string) *model.StartWorkflowRequest {
	return model.NewStartWorkflowRequest(name, 1, "", map[string]interface{}{})
}

func expect(what string, got, want interface{}) error {
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("%s is %v, not %v", what, got, want)
}

func expectStatus(id string, want model.WorkflowStatus) error {
	found, err := workflows.GetWorkflow(id, false)
	return errors.Join(err, expect("status", found.Status, want))
}

func registersAndReadsBack() error {
	defs := []model.TaskDef{}
	for _, name := range []string{task, handTask} {
		defs = append(defs, model.TaskDef{
			Name: name, RetryCount: 2, RetryDelaySeconds: 1, TimeoutSeconds: 60, ResponseTimeoutSeconds: 10,
		})
	}
	_, err := metadata.RegisterTaskDef(ctx, defs)
	_, err1 := metadata.RegisterWorkflowDef(ctx, true, workflowDef(workflow, task))
	_, err2 := metadata.RegisterWorkflowDef(ctx, true, workflowDef(handWorkflow, handTask))
	def, _, err3 := metadata.Get(ctx, workflow, nil)
	taskDef, _, err4 := metadata.GetTaskDef(ctx, task)
	return errors.Join(err, err1, err2, err3, err4,
		expect("tasks", len(def.Tasks), 2), expect("retryCount", taskDef.RetryCount, int32(2)))
}

func aWorkerWithRetriesCompletesTheWorkflow() error {
	id, err := workflows.StartWorkflow(request(workflow))
	if err != nil {
		return err
	}
	channel, err := workflows.MonitorExecution(id)
	if err != nil {
		return err
	}
	ended, err := executor.WaitForWorkflowCompletionUntilTimeout(channel, endsWithin)
	if err != nil {
		return err
	}
	return errors.Join(
		expect("status", ended.Status, model.CompletedWorkflow),
		expect("output", ended.Output, map[string]interface{}{"first": "first#1", "second": "second#0"}),
	)
}

func executeWaitsForTheEnd() error {
	run, err := workflows.ExecuteWorkflow(request(workflow), "")
	if err != nil {
		return err
	}
	return errors.Join(
		expect("status", run.Status, "COMPLETED"),
		expect("output", run.Output, map[string]interface{}{"first": "first#1", "second": "second#0"}),
	)
}

func tasksArePolledAndReported() error {
	id, err := workflows.StartWorkflow(request(handWorkflow))
	if err != nil {
		return err
	}
	first, _, err := tasks.Poll(ctx, handTask, &client.TaskResourceApiPollOpts{Workerid: optional.NewString("go")})
	if err != nil {
		return err
	}
	if _, err = tasks.Log(ctx, "a line", first.TaskId); err != nil {
		return err
	}
	lines, _, err := tasks.GetTaskLogs(ctx, first.TaskId)
	if err != nil || len(lines) != 1 || !strings.Contains(lines[0].Log, "a line") {
		return fmt.Errorf("log %v, %w", lines, err)
	}
	result := model.NewTaskResultFromTask(&first)
	result.Status = model.CompletedTask
	result.OutputData = map[string]interface{}{"by": "hand"}
	if _, _, err = tasks.UpdateTask(ctx, result); err != nil {
		return err
	}
	batch, _, err := tasks.BatchPoll(ctx, handTask, &client.TaskResourceApiBatchPollOpts{Count: optional.NewInt32(5)})
	if err != nil || len(batch) != 1 {
		return fmt.Errorf("batch %v, %w", batch, err)
	}
	output := map[string]interface{}{"by": "ref"}
	if err = workflows.UpdateTaskByRefName("second", id, model.CompletedTask, output); err != nil {
		return err
	}
	ended, err := workflows.GetWorkflow(id, true)
	if err != nil {
		return err
	}
	return errors.Join(
		expect("tasks", len(ended.Tasks), 2),
		expect("output", ended.Output, map[string]interface{}{"first": "hand", "second": "ref"}),
	)
}

func workflowsArePausedTerminatedRestartedAndRetried() error {
	id, err := workflows.StartWorkflow(request(handWorkflow))
	return errors.Join(err,
		workflows.Pause(id),
		expectStatus(id, model.PausedWorkflow),
		workflows.Resume(id),
		workflows.Terminate(id, "why not"),
		expectStatus(id, model.TerminatedWorkflow),
		workflows.Restart(id, false),
		workflows.UpdateTaskByRefName("first", id, model.FailedWithTerminalErrorTask, map[string]interface{}{}),
		expectStatus(id, model.FailedWorkflow),
		workflows.Retry(id, false),
		expectStatus(id, model.RunningWorkflow),
		workflows.Terminate(id, "enough"),
		workflows.RemoveWorkflow(id),
	)
}

func statusAndQueuesAreTold() error {
	id, err := workflows.StartWorkflow(request(handWorkflow))
	if err != nil {
		return err
	}
	state, err := workflows.GetWorkflowStatus(id, true, true)
	if err != nil {
		return err
	}
	sizes, _, err := tasks.All(ctx)
	if err != nil || sizes[handTask] < 1 {
		return fmt.Errorf("sizes %v, %w", sizes, err)
	}
	polls, _, err := tasks.GetPollData(ctx, task)
	return errors.Join(err, expect("status", string(state.Status), "RUNNING"),
		expect("poll data", len(polls), 1), workflows.Terminate(id, "enough"))
}

func whatDoesNotExistIsAnError() error {
	_, err := workflows.StartWorkflow(request("go_none"))
	if err == nil || !strings.Contains(err.Error(), "go_none") {
		return fmt.Errorf("unexpected: %v", err)
	}
	return nil
}

func main() {
	log.SetOutput(io.Discard)
	checks := []struct {
		name string
		run  func() error
	}{
		{"registers and reads back", registersAndReadsBack},
		{"a worker with retries completes the workflow", aWorkerWithRetriesCompletesTheWorkflow},
		{"execute waits for the end", executeWaitsForTheEnd},
		{"tasks are polled and reported", tasksArePolledAndReported},
		{"workflows are paused, terminated, restarted and retried", workflowsArePausedTerminatedRestartedAndRetried},
		{"status and queues are told", statusAndQueuesAreTold},
		{"what does not exist is an error", whatDoesNotExistIsAnError},
	}
	runner := worker.NewTaskRunnerWithApiClient(api)
	if err := runner.StartWorker(task, work, 4, 20*time.Millisecond); err != nil {
		fmt.Println("no worker:", err)
		os.Exit(1)
	}
	failed := 0
	for _, check := range checks {
		if err := check.run(); err != nil {
			failed++
			fmt.Printf("not ok %s: %v\n", check.name, err)
		} else {
			fmt.Printf("ok %s\n", check.name)
		}
	}
	fmt.Printf("%d passed, %d failed\n", len(checks)-failed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
