/** The page that people see who open the server in a browser. */
export function pageHtml(version: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Ostinato</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
  code, pre { font: 14px/1.4 ui-monospace, monospace; background: #f3f3f3; border-radius: 4px; }
  code { padding: 0 .25rem; } pre { padding: .75rem; overflow-x: auto; }
</style>
<h1>Ostinato ${version}</h1>
<p>A durable workflow-orchestration server that speaks Conductor's REST API under <code>/api</code>.</p>
<ul>
  <li><a href="/health">Health</a></li>
  <li><a href="/metrics">Metrics</a></li>
  <li><a href="/api/metadata/workflow">Registered workflows</a></li>
  <li><a href="/api/metadata/taskdefs">Registered task definitions</a></li>
</ul>
<h2>First steps</h2>
<pre>
# a workflow with one task for a worker
curl -X POST localhost:8080/api/metadata/workflow -H 'content-type: application/json' \\
  -d '{"name":"hello","tasks":[{"name":"greet","taskReferenceName":"greet"}]}'

# start it: answers with its id
curl -X POST localhost:8080/api/workflow/hello -H 'content-type: application/json' -d '{"who":"you"}'

# be the worker: take the task
curl 'localhost:8080/api/tasks/poll/greet?workerid=me'

# report the result, with the two ids from above
curl -X POST localhost:8080/api/tasks -H 'content-type: application/json' \\
  -d '{"workflowInstanceId":"…","taskId":"…","status":"COMPLETED","outputData":{"text":"Hello"}}'

# see what became of it
curl localhost:8080/api/workflow/…
</pre>
</html>
`;
}
