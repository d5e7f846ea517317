import com.netflix.conductor.client.automator.TaskRunnerConfigurer;
import com.netflix.conductor.client.exception.ConductorClientException;
import com.netflix.conductor.client.http.ConductorClient;
import com.netflix.conductor.client.http.MetadataClient;
import com.netflix.conductor.client.http.TaskClient;
import com.netflix.conductor.client.http.WorkflowClient;
import com.netflix.conductor.client.worker.Worker;
import com.netflix.conductor.common.metadata.tasks.Task;
import com.netflix.conductor.common.metadata.tasks.TaskDef;
import com.netflix.conductor.common.metadata.tasks.TaskResult;
import com.netflix.conductor.common.metadata.workflow.StartWorkflowRequest;
import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowTask;
import com.netflix.conductor.common.run.Workflow.WorkflowStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** What users of the official Java SDK do, against the server that CONDUCTOR_SERVER_URL names. */
public final class Main {
  private static final String TASK = "java_task";
  private static final String HAND_TASK = "java_task_by_hand";
  private static final String WORKFLOW = "java_workflow";
  private static final String HAND_WORKFLOW = "java_workflow_by_hand";
  private static final long ENDS_WITHIN_MS = 20_000;

  private interface Check {
    void run() throws Exception;
  }

  private final ConductorClient client =
      ConductorClient.builder().basePath(System.getenv("CONDUCTOR_SERVER_URL")).build();
  private final MetadataClient metadata = new MetadataClient(client);
  private final TaskClient tasks = new TaskClient(client);
  private final WorkflowClient workflows = new WorkflowClient(client);

  public static void main(String[] arguments) {
    int failed = new Main().runAll();
    System.exit(failed == 0 ? 0 : 1);
  }

  private int runAll() {
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("registers and reads back", this::registersAndReadsBack);
    checks.put("a worker with retries completes the workflow", this::aWorkerCompletesTheWorkflow);
    checks.put("execute waits for the end", this::executeWaitsForTheEnd);
    checks.put("tasks are polled and reported", this::tasksArePolledAndReported);
    checks.put("workflows are controlled", this::workflowsAreControlled);
    checks.put("status and queues are told", this::statusAndQueuesAreTold);
    checks.put("what does not exist is a 404", this::whatDoesNotExistIsA404);
    TaskRunnerConfigurer runner =
        new TaskRunnerConfigurer.Builder(tasks, List.of(new FailsAtFirst())).withThreadCount(2).build();
    runner.init();
    int failed = 0;
    for (Map.Entry<String, Check> check : checks.entrySet()) {
      try {
        check.getValue().run();
        System.out.println("ok " + check.getKey());
      } catch (Exception error) {
        failed++;
        System.out.println("not ok " + check.getKey() + ": " + error);
      }
    }
    runner.shutdown();
    System.out.println(checks.size() - failed + " passed, " + failed + " failed");
    return failed;
  }

  /** The first attempt of every workflow's first task fails. */
  private static final class FailsAtFirst implements Worker {
    @Override
    public String getTaskDefName() {
      return TASK;
    }

    @Override
    public int getPollingInterval() {
      return 20;
    }

    @Override
    public TaskResult execute(Task task) {
      TaskResult result = new TaskResult(task);
      String by = task.getReferenceTaskName() + "#" + task.getRetryCount();
      result.setStatus(by.equals("first#0") ? TaskResult.Status.FAILED : TaskResult.Status.COMPLETED);
      result.getOutputData().put("by", by);
      return result;
    }
  }

  private static void expect(String what, Object got, Object wanted) {
    if (!Objects.equals(got, wanted)) {
      throw new IllegalStateException(what + " is " + got + ", not " + wanted);
    }
  }

  private static WorkflowDef workflowDef(String name, String taskName) {
    WorkflowDef def = new WorkflowDef();
    def.setName(name);
    def.setVersion(1);
    def.setOwnerEmail("owner@example.com");
    def.setTimeoutSeconds(0);
    def.setOutputParameters(Map.of("first", "${first.output.by}", "second", "${second.output.by}"));
    for (String ref : List.of("first", "second")) {
      WorkflowTask task = new WorkflowTask();
      task.setName(taskName);
      task.setTaskReferenceName(ref);
      task.setType("SIMPLE");
      def.getTasks().add(task);
    }
    return def;
  }

  private static TaskDef taskDef(String name) {
    TaskDef def = new TaskDef(name, name, "owner@example.com", 2, 60, 10);
    def.setRetryDelaySeconds(0);
    return def;
  }

  private static StartWorkflowRequest request(String name) {
    StartWorkflowRequest request = new StartWorkflowRequest();
    request.setName(name);
    request.setVersion(1);
    request.setInput(Map.of());
    return request;
  }

  private void expectStatus(String id, WorkflowStatus wanted) {
    expect("status", workflows.getWorkflow(id, false).getStatus(), wanted);
  }

  private void registersAndReadsBack() {
    metadata.registerTaskDefs(Stream.of(TASK, HAND_TASK).map(Main::taskDef).toList());
    metadata.updateWorkflowDefs(List.of(workflowDef(WORKFLOW, TASK), workflowDef(HAND_WORKFLOW, HAND_TASK)));
    expect("retryCount", metadata.getTaskDef(TASK).getRetryCount(), 2);
    expect("tasks", metadata.getWorkflowDef(WORKFLOW, 1).getTasks().size(), 2);
  }

  private void aWorkerCompletesTheWorkflow() throws InterruptedException {
    String id = workflows.startWorkflow(request(WORKFLOW));
    long until = System.currentTimeMillis() + ENDS_WITHIN_MS;
    while (System.currentTimeMillis() < until
        && workflows.getWorkflow(id, false).getStatus() == WorkflowStatus.RUNNING) {
      Thread.sleep(20);
    }
    var ended = workflows.getWorkflow(id, true);
    expect("status", ended.getStatus(), WorkflowStatus.COMPLETED);
    expect("output", ended.getOutput(), Map.of("first", "first#1", "second", "second#0"));
    expect("attempts", ended.getTasks().size(), 3);
  }

  private void executeWaitsForTheEnd() throws Exception {
    var run = workflows.executeWorkflow(request(WORKFLOW), "", Duration.ofMillis(ENDS_WITHIN_MS));
    expect("output", run.getOutput(), Map.of("first", "first#1", "second", "second#0"));
  }

  private void tasksArePolledAndReported() {
    String id = workflows.startWorkflow(request(HAND_WORKFLOW));
    Task first = tasks.pollTask(HAND_TASK, "java", null);
    expect("workflow of the task", first.getWorkflowInstanceId(), id);
    tasks.logMessageForTask(first.getTaskId(), "a line");
    expect("lines", tasks.getTaskLogs(first.getTaskId()).size(), 1);
    TaskResult result = new TaskResult(first);
    result.setStatus(TaskResult.Status.COMPLETED);
    result.getOutputData().put("by", "hand");
    Task next = tasks.updateTaskV2(result);
    expect("next task", next.getReferenceTaskName(), "second");
    var ended = tasks.updateTaskSync(id, "second", TaskResult.Status.COMPLETED, Map.of("by", "sync"));
    expect("output", ended.getOutput(), Map.of("first", "hand", "second", "sync"));
    expect("none left", tasks.batchPollTasksByTaskType(HAND_TASK, "java", 5, 10), List.of());
  }

  private void workflowsAreControlled() {
    String id = workflows.startWorkflow(request(HAND_WORKFLOW));
    workflows.pauseWorkflow(id);
    expectStatus(id, WorkflowStatus.PAUSED);
    workflows.resumeWorkflow(id);
    workflows.terminateWorkflow(id, "why not");
    expectStatus(id, WorkflowStatus.TERMINATED);
    workflows.restart(id, false);
    tasks.updateTask(id, "first", TaskResult.Status.FAILED_WITH_TERMINAL_ERROR, Map.of());
    expectStatus(id, WorkflowStatus.FAILED);
    workflows.retryLastFailedTask(id);
    expectStatus(id, WorkflowStatus.RUNNING);
    workflows.runDecider(id);
    workflows.terminateWorkflow(id, "enough");
    workflows.deleteWorkflow(id, false);
  }

  private void statusAndQueuesAreTold() {
    String id = workflows.startWorkflow(request(HAND_WORKFLOW));
    expect("queue size", tasks.getQueueSizeForTask(HAND_TASK) >= 1, true);
    expect("running", workflows.getRunningWorkflow(HAND_WORKFLOW, 1).contains(id), true);
    expect("poll data", tasks.getPollData(TASK).size(), 1);
    workflows.terminateWorkflow(id, "enough");
  }

  private void whatDoesNotExistIsA404() {
    try {
      workflows.getWorkflow("no-such-id", false);
    } catch (ConductorClientException error) {
      expect("status", error.getStatus(), 404);
      return;
    }
    throw new IllegalStateException("it was found");
  }
}
