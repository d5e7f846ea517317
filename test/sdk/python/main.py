"""What users of the official Python SDK do, against the server that CONDUCTOR_SERVER_URL names."""

import logging
import os
import sys
import time
from multiprocessing import set_start_method

from conductor.client.automator.task_handler import TaskHandler
from conductor.client.configuration.configuration import Configuration
from conductor.client.http.models import StartWorkflowRequest, Task, TaskDef, TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.http.rest import ApiException
from conductor.client.orkes_clients import OrkesClients
from conductor.client.worker.worker import Worker

TASK = "py_task"
HAND_TASK = "py_task_by_hand"
WORKFLOW = "py_workflow"
HAND_WORKFLOW = "py_workflow_by_hand"
ENDS_WITHIN_SECONDS = 20

configuration = Configuration(server_api_url=os.environ["CONDUCTOR_SERVER_URL"])
clients = OrkesClients(configuration)
metadata = clients.get_metadata_client()
workflows = clients.get_workflow_client()
tasks = clients.get_task_client()


def work(task: Task) -> TaskResult:
    """The first attempt of every workflow's first task fails."""
    result = task.to_task_result(TaskResultStatus.COMPLETED)
    result.add_output_data("by", f"{task.reference_task_name}#{task.retry_count}")
    if result.output_data["by"] == "first#0":
        result.status = TaskResultStatus.FAILED
        result.reason_for_incompletion = "not yet"
    return result


def workflow_def(name: str, task: str) -> WorkflowDef:
    return WorkflowDef(
        name=name,
        version=1,
        timeout_seconds=0,
        tasks=[
            WorkflowTask(name=task, task_reference_name=ref, type="SIMPLE", input_parameters={})
            for ref in ("first", "second")
        ],
        output_parameters={"first": "${first.output.by}", "second": "${second.output.by}"},
    )


def start_by_hand() -> str:
    return workflows.start_workflow(StartWorkflowRequest(name=HAND_WORKFLOW, version=1, input={}))


def status_of(workflow_id: str) -> str:
    return workflows.get_workflow(workflow_id, include_tasks=False).status


def registers_and_reads_back() -> None:
    for name in (TASK, HAND_TASK):
        metadata.register_task_def(
            TaskDef(name=name, retry_count=2, retry_delay_seconds=0, response_timeout_seconds=10, timeout_seconds=60)
        )
    metadata.register_workflow_def(workflow_def(WORKFLOW, TASK), overwrite=True)
    metadata.register_workflow_def(workflow_def(HAND_WORKFLOW, HAND_TASK), overwrite=True)
    assert metadata.get_task_def(TASK).retry_count == 2
    read = metadata.get_workflow_def(WORKFLOW, version=1)
    assert [task.task_reference_name for task in read.tasks] == ["first", "second"]
    assert WORKFLOW in [definition.name for definition in metadata.get_all_workflow_defs()]


def a_worker_with_retries_completes_the_workflow() -> None:
    request = StartWorkflowRequest(name=WORKFLOW, version=1, input={})
    workflow_id = workflows.start_workflow(request)
    until = time.monotonic() + ENDS_WITHIN_SECONDS
    while status_of(workflow_id) == "RUNNING" and time.monotonic() < until:
        time.sleep(0.05)
    workflow = workflows.get_workflow(workflow_id, include_tasks=True)
    assert workflow.status == "COMPLETED", workflow.status
    assert workflow.output == {"first": "first#1", "second": "second#0"}, workflow.output
    assert [task.status for task in workflow.tasks] == ["FAILED", "COMPLETED", "COMPLETED"]


def execute_waits_for_the_end() -> None:
    request = StartWorkflowRequest(name=WORKFLOW, version=1, input={})
    run = workflows.execute_workflow(request, wait_for_seconds=ENDS_WITHIN_SECONDS)
    assert run.status == "COMPLETED", run.status
    assert run.output == {"first": "first#1", "second": "second#0"}, run.output


def tasks_are_polled_and_reported() -> None:
    workflow_id = start_by_hand()
    task = tasks.poll_task(HAND_TASK, worker_id="py")
    assert task is not None and task.workflow_instance_id == workflow_id
    tasks.add_task_log(task.task_id, "a line")
    assert ["a line" in line.log for line in tasks.get_task_logs(task.task_id)] == [True]
    result = TaskResult(
        task_id=task.task_id,
        workflow_instance_id=workflow_id,
        status=TaskResultStatus.COMPLETED,
        output_data={"by": "hand"},
    )
    tasks.update_task(result)
    assert tasks.get_task(task.task_id).status == "COMPLETED"
    (second,) = tasks.batch_poll_tasks(HAND_TASK, worker_id="py", count=5, timeout_in_millisecond=100)
    tasks.update_task_by_ref_name(workflow_id, second.reference_task_name, "COMPLETED", {"by": "ref"})
    workflow = workflows.get_workflow(workflow_id)
    # The SDK wraps what is reported by reference.
    assert workflow.tasks[1].output_data == {"result": {"by": "ref"}}, workflow.tasks[1].output_data
    assert workflow.status == "COMPLETED", workflow.status
    # The SDK makes an empty task of an answer without a body.
    assert tasks.poll_task(HAND_TASK).task_id is None


def a_sync_update_answers_with_the_workflow() -> None:
    workflow_id = start_by_hand()
    workflow = tasks.update_task_sync(workflow_id, "first", "COMPLETED", {"by": "sync"})
    assert workflow.workflow_id == workflow_id and workflow.status == "RUNNING"
    workflows.terminate_workflow(workflow_id)


def workflows_are_paused_terminated_restarted_and_retried() -> None:
    workflow_id = start_by_hand()
    workflows.pause_workflow(workflow_id)
    assert status_of(workflow_id) == "PAUSED"
    workflows.resume_workflow(workflow_id)
    workflows.terminate_workflow(workflow_id, reason="why not")
    assert workflows.get_workflow(workflow_id).reason_for_incompletion == "why not"
    workflows.restart_workflow(workflow_id)
    tasks.update_task_by_ref_name(workflow_id, "first", "FAILED_WITH_TERMINAL_ERROR", {})
    assert status_of(workflow_id) == "FAILED"
    workflows.retry_workflow(workflow_id)
    status = workflows.get_workflow_status(workflow_id, include_output=True, include_variables=True)
    assert status.status == "RUNNING"
    workflows.terminate_workflow(workflow_id)
    workflows.delete_workflow(workflow_id)


def queues_are_told() -> None:
    workflow_id = start_by_hand()
    assert tasks.get_queue_size_for_task(HAND_TASK) >= 1
    workflows.terminate_workflow(workflow_id)
    assert TASK in [poll.queue_name for poll in tasks.get_task_poll_data(TASK)]


def what_does_not_exist_is_a_404() -> None:
    try:
        workflows.get_workflow("no-such-id")
    except ApiException as error:
        assert error.status == 404, error.status
        return
    raise AssertionError("it was found")


CHECKS = (
    registers_and_reads_back,
    a_worker_with_retries_completes_the_workflow,
    execute_waits_for_the_end,
    tasks_are_polled_and_reported,
    a_sync_update_answers_with_the_workflow,
    workflows_are_paused_terminated_restarted_and_retried,
    queues_are_told,
    what_does_not_exist_is_a_404,
)


def main() -> int:
    logging.disable(logging.CRITICAL)
    failed = 0
    worker = Worker(task_definition_name=TASK, execute_function=work, poll_interval=20)
    with TaskHandler([worker], configuration, scan_for_annotated_workers=False) as handler:
        handler.start_processes()
        for check in CHECKS:
            name = check.__name__.replace("_", " ")
            try:
                check()
                print(f"ok {name}")
            except Exception as error:  # pylint: disable=broad-except
                failed += 1
                print(f"not ok {name}: {type(error).__name__} {error}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    set_start_method("fork", force=True)
    sys.exit(main())
