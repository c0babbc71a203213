"""Runs a kernel as Jupyter does, by its name: what it has, an interrupt, a restart. Each line that is printed is a fact."""

import sys

from jupyter_client.manager import start_new_kernel

SECONDS = 60

LOOK = """
import json, os, urllib.request
request = urllib.request.Request(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
                                 headers={"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]})
credentials = json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10))
print("role", os.environ["DBXACCESS_ROLE"], "credentials", sorted(credentials))
"""

# The server ends once it sees that its program has: that may take a moment.
FORMER = """
import time, urllib.error, urllib.request
for _ in range(100):
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(%r, timeout=10)
    except urllib.error.HTTPError:
        time.sleep(0.1)
    except urllib.error.URLError as err:
        print("former server", type(err.reason).__name__)
        break
"""


def said(client, code):
    lines = []

    def hook(message):
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            lines.append(message["content"]["text"])

    client.execute_interactive(code, timeout=SECONDS, output_hook=hook)
    return "".join(lines).strip()


manager, client = start_new_kernel(kernel_name=sys.argv[1], startup_timeout=SECONDS)
try:
    print(said(client, LOOK))
    address = said(client, 'print(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])')

    waiting = client.execute('print("waiting", flush=True)\nimport time\ntime.sleep(600)')
    while True:
        message = client.get_iopub_msg(timeout=SECONDS)
        if message["msg_type"] == "stream" and "waiting" in message["content"]["text"]:
            break
    manager.interrupt_kernel()
    while True:
        reply = client.get_shell_msg(timeout=SECONDS)
        if reply["parent_header"].get("msg_id") == waiting:
            break
    print("interrupted by", reply["content"].get("ename"))

    manager.restart_kernel(now=True)
    client.wait_for_ready(timeout=SECONDS)
    print("restarted", said(client, LOOK))
    print(said(client, FORMER % address))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
