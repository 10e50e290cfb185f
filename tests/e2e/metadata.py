"""The metadata service of a spot machine on loopback: AWS, GCP or Azure, quiet until FLAG exists.

usage: metadata.py aws|gcp|azure FLAG PORT-FILE
"""

import http.server
import os
import sys
import time

cloud, flag, port_file = sys.argv[1:]
TOKEN = "a-token"


def aws(request):
    if request.command == "PUT" and request.path == "/latest/api/token":
        return 200, TOKEN
    if request.headers.get("X-aws-ec2-metadata-token") != TOKEN:
        return 401, ""
    if request.path.endswith("/spot/instance-action") and os.path.exists(flag):
        return 200, '{"action":"terminate","time":"2026-11-29T08:22:00Z"}'
    return 404, ""


def gcp(request):
    if request.headers.get("Metadata-Flavor") != "Google" or request.command != "GET":
        return 404, ""
    if not request.path.startswith("/computeMetadata/v1/instance/preempted"):
        return 404, ""
    last = "last_etag=" in request.path
    while "wait_for_change=true" in request.path and last and not os.path.exists(flag):
        time.sleep(0.05)
    return 200, "TRUE" if os.path.exists(flag) else "FALSE"


def azure(request):
    if request.headers.get("Metadata") != "true" or request.command != "GET":
        return 404, ""
    if request.path.startswith("/metadata/instance/compute/name"):
        return 200, "vm_0"
    if not request.path.startswith("/metadata/scheduledevents"):
        return 404, ""
    if os.path.exists(flag):
        return 200, '{"Events":[{"EventType":"Preempt","Resources":["vm_0"]}]}'
    return 200, '{"DocumentIncarnation":1,"Events":[]}'


class Answer(http.server.BaseHTTPRequestHandler):
    def answer(self):
        code, text = {"aws": aws, "gcp": gcp, "azure": azure}[cloud](self)
        self.send_response(code)
        self.send_header("ETag", "tag%d" % os.path.exists(flag))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_PUT = answer

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
