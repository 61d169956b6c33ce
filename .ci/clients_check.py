"""Drives a running `eventflow-tui local` with curl, the AWS CLI and boto3, none of them modified.

Usage: clients_check.py PATH_OF_AWS PATH_OF_EVENTFLOW_TUI
Prints a line per check and closes with 'N passed, N failed'; exit status 1 if any failed.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

AWS, PROGRAM = sys.argv[1:3]
ORDERS, INVENTORY = ("eventflow-order-system-%s-dev" % name for name in ("orders", "inventory"))
FUNCTION = "sendNotification"
results = []


def start():
    """Starts the cloud and returns it with the environment that its export lines make."""
    cloud = subprocess.Popen([PROGRAM, "local", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    for line in cloud.stdout:
        match = re.match(r"export (\w+)=(.*)$", line.strip())
        if match:
            env[match[1]] = match[2].strip("'\"")
        if line.startswith("export EVENTFLOW_STACK"):
            return cloud, env
    sys.exit("eventflow-tui local ended before it printed its export lines")


def run(env, *command):
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError("%s: exit %d: %s" % (" ".join(command[:4]), done.returncode, done.stderr.strip()))
    return done.stdout


def aws(env, *words):
    out = run(env, AWS, *words, "--output", "json")
    return json.loads(out) if out.strip() else {}


def until(what, seconds=30):
    """Asks `what` again until it answers something, for at most that many seconds."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > end:
            raise RuntimeError("it did not come true within %d s" % seconds)
        time.sleep(0.05)


def check(name):
    def wrap(body):
        try:
            body()
            results.append(True)
            print("ok    ", name)
        except Exception as error:  # every check is reported, whatever went wrong in it
            results.append(False)
            print("FAILED", name, "-", error)
    return wrap


cloud, env = start()
os.environ.update(env)
order = {}

try:
    @check("curl: POST /orders answers 201")
    def _():
        body = json.dumps({"userId": "user-123", "productId": "espresso", "quantity": 2})
        out = run(env, "curl", "-s", "-w", "\n%{http_code}", "-X", "POST", env["EVENTFLOW_API_URL"] + "/orders",
                  "-H", "content-type: application/json", "-d", body)
        answer, status = out.rsplit("\n", 1)
        assert status == "201", (status, answer)
        order.update(json.loads(answer))
        assert order["orderId"], order

    @check("curl: a bad order answers 400 and lists every violation")
    def _():
        out = run(env, "curl", "-s", "-w", "\n%{http_code}", "-X", "POST", env["EVENTFLOW_API_URL"] + "/orders",
                  "-H", "content-type: application/json", "-d", '{"userId":"","quantity":0}')
        answer, status = out.rsplit("\n", 1)
        assert status == "400" and len(json.loads(answer)["violations"]) == 3, (status, answer)

    @check("aws dynamodb get-item: the order settles")
    def _():
        key = json.dumps({"orderId": {"S": order["orderId"]}})
        def settled():
            item = aws(env, "dynamodb", "get-item", "--table-name", ORDERS, "--key", key, "--consistent-read").get("Item", {})
            return item.get("status", {}).get("S") in ("CONFIRMED", "PAYMENT_FAILED") and item
        item = until(settled)
        assert item["quantity"] == {"N": "2"}, item

    @check("aws events put-events and aws logs filter-log-events: the event is in the event log")
    def _():
        entry = {"Source": "clients.check", "DetailType": "Ping", "Detail": json.dumps({"n": 1})}
        eventflow = dict(entry, Source="eventflow.check")
        out = aws(env, "events", "put-events", "--entries", json.dumps([entry, eventflow]))
        assert out["FailedEntryCount"] == 0, out
        sent = out["Entries"][1]["EventId"]
        group = aws(env, "logs", "describe-log-groups", "--log-group-name-prefix", "/aws/events/")["logGroups"][0]["logGroupName"]
        until(lambda: aws(env, "logs", "filter-log-events", "--log-group-name", group,
                          "--filter-pattern", '{ $.id = "%s" }' % sent)["events"])

    @check("aws events test-event-pattern")
    def _():
        event = {"id": "1", "account": "1", "source": "a", "time": "2026-01-01T00:00:00Z", "region": "r", "resources": [],
                 "detail-type": "t", "detail": {"n": 5}}
        out = aws(env, "events", "test-event-pattern", "--event", json.dumps(event),
                  "--event-pattern", json.dumps({"detail": {"n": [{"numeric": [">", 4]}]}}))
        assert out["Result"] is True, out

    @check("boto3: start_live_tail sees a new order's event")
    def _():
        import boto3
        logs = boto3.client("logs")
        group = logs.describe_log_groups(logGroupNamePrefix="/aws/events/")["logGroups"][0]
        stream = logs.start_live_tail(logGroupIdentifiers=[group["logGroupArn"]])["responseStream"]
        seen = None
        for event in stream:
            if "sessionStart" in event:
                boto3.client("events").put_events(Entries=[{"Source": "eventflow.check", "DetailType": "Live", "Detail": "{}"}])
            results_now = event.get("sessionUpdate", {}).get("sessionResults", [])
            if any('"Live"' in line["message"] for line in results_now):
                seen = True
                break
        stream.close()
        assert seen

    @check("aws lambda put-function-concurrency 0: events go to the on-failure queue, aws sqs receive-message shows them")
    def _():
        out = aws(env, "lambda", "put-function-concurrency", "--function-name", FUNCTION, "--reserved-concurrent-executions", "0")
        assert out["ReservedConcurrentExecutions"] == 0, out
        aws(env, "lambda", "invoke", "--function-name", FUNCTION, "--invocation-type", "Event",
            "--payload", json.dumps({"check": 1}), "/dev/null")
        queues = aws(env, "sqs", "list-queues")["QueueUrls"]
        queue = next(url for url in queues if "otification" in url)
        def condition():
            for message in aws(env, "sqs", "receive-message", "--queue-url", queue).get("Messages", []):
                return json.loads(message["Body"])["requestContext"]["condition"]
        assert until(condition) == "ZeroReservedConcurrency"
        aws(env, "lambda", "delete-function-concurrency", "--function-name", FUNCTION)

    @check("aws cloudformation describe-stacks names the API")
    def _():
        stacks = aws(env, "cloudformation", "describe-stacks", "--stack-name", env["EVENTFLOW_STACK"])["Stacks"]
        assert any(o["OutputValue"].startswith(env["EVENTFLOW_API_URL"]) for o in stacks[0]["Outputs"]), stacks

    @check("a call with other credentials is refused")
    def _():
        stranger = dict(env, AWS_ACCESS_KEY_ID="AKIAXXXXXXXXXXXXXXXX", AWS_SECRET_ACCESS_KEY="wrong")
        done = subprocess.run([AWS, "dynamodb", "list-tables"], env=stranger, capture_output=True, text=True)
        assert done.returncode != 0 and "UnrecognizedClientException" in done.stderr, done.stderr
        forger = dict(env, AWS_SECRET_ACCESS_KEY="wrong")
        done = subprocess.run([AWS, "sqs", "list-queues"], env=forger, capture_output=True, text=True)
        assert done.returncode != 0 and "InvalidSignature" in done.stderr, done.stderr
finally:
    cloud.send_signal(signal.SIGTERM)
    code = cloud.wait(timeout=20)

results.append(code == 0)
print("ok    " if code == 0 else "FAILED", "SIGTERM ends the cloud with exit status 0")
print("%d passed, %d failed" % (results.count(True), results.count(False)))
sys.exit(results.count(False) > 0)
