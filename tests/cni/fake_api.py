"""An API server, as far as kincnetd sees one, that can be told to misbehave.

fake_api.py PORT CERTIFICATE KEY CLIENT-AUTHORITY TOKEN-FILE

Lists and watches what was put, in the order of versions. Under /test/ a test
tells it what to do:
  POST   /test/put?path=/api/v1/services       an object, new or changed
  POST   /test/put?path=...&gone=1             the same object is deleted
  GET    /test/mode?name=value                 see MODES
  GET    /test/log                             requests so far, one on a line
  GET    /test/events                          bodies of what was POSTed, one on a line
With FAKE_API_STATE=FILE in its environment it begins with what another put last;
with FAKE_API_WORLD=FILE with what is in such a file.
"""
import http.server, json, os, select, ssl, sys, threading, time, urllib.parse

PORT, CERTIFICATE, KEY, AUTHORITY, TOKEN_FILE = sys.argv[1:]
MODES = {
    "page": 500,        # objects of a page, whatever was asked for
    "status": 0,        # answer everything with that
    "missing": "",      # this path is 404
    "expired": 0,       # versions below are Gone, by a status ...
    "expired_event": 0, # ... or by an event
    "expire_continue": 0,  # so many continue tokens are Gone
    "garbage": 0,       # so many watches get nonsense after their next event
    "cut": 0,           # so many watches end in the middle of their next event
    "slow": 0,          # bytes come one by one
    "closing": 0,       # so many watches end, in order, after their next event
}
changed = threading.Condition()
version = 100
kinds = {}   # path -> {name: object}
history = [] # (version, path, type, object)
pages = {}   # (path, version) -> what was there then
log, posted = [], []
STATE = os.environ.get("FAKE_API_STATE")
WORLD = os.environ.get("FAKE_API_WORLD", STATE)
if WORLD and os.path.exists(WORLD):
    version, kinds = json.load(open(WORLD))
began_at = version


KINDS = {"pods": "Pod", "namespaces": "Namespace", "networkpolicies": "NetworkPolicy",
         "services": "Service", "endpointslices": "EndpointSlice"}


def typed(path, suffix=""):
    *group, plural = path.strip("/").split("/")
    return {"kind": KINDS.get(plural, "") + suffix, "apiVersion": "/".join(group[1:])}


def key(obj):
    return obj["metadata"].get("namespace", "") + "/" + obj["metadata"]["name"]


def put(path, obj, gone):
    global version
    with changed:
        version += 1
        obj["metadata"]["resourceVersion"] = str(version)
        known = kinds.setdefault(path, {})
        what = "DELETED" if gone else "MODIFIED" if key(obj) in known else "ADDED"
        if gone:
            known.pop(key(obj), None)
        else:
            known[key(obj)] = obj
        history.append((version, path, what, obj))
        if STATE:
            json.dump([version, kinds], open(STATE, "w"))
        changed.notify_all()


def take(name):
    if MODES[name] > 0:
        MODES[name] -= 1
        return True
    return False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *words):
        pass

    def answer(self, status, obj, headers=()):
        body = obj if isinstance(obj, bytes) else json.dumps(obj).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for header in headers:
            self.send_header(*header)
        self.end_headers()
        self.write(body)

    def write(self, data):
        if MODES["slow"]:
            for i in range(len(data)):
                self.wfile.write(data[i:i + 1])
                self.wfile.flush()
        else:
            self.wfile.write(data)
            self.wfile.flush()

    def refuse(self, status, message):
        headers = [("Retry-After", "1")] if status == 429 else []
        self.answer(status, {"kind": "Status", "code": status, "message": message}, headers)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n" % len(data))
        self.write(data)
        self.wfile.write(b"\r\n")
        self.wfile.flush()

    def allowed(self):
        if self.connection.getpeercert():
            return True
        token = open(TOKEN_FILE).read().strip()
        return self.headers.get("Authorization") == "Bearer " + token

    def do_POST(self):
        url = urllib.parse.urlparse(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if url.path == "/test/put":
            obj, at = json.loads(body), time.time()
            put(query["path"], obj, "gone" in query)
            return self.answer(200, ("%.4f" % at).encode())
        if not self.allowed():
            return self.refuse(401, "Unauthorized")
        posted.append(url.path + " " + body.decode())
        self.answer(201, {})

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/test/mode":
            for name, value in query.items():
                MODES[name] = type(MODES[name])(value)
            return self.answer(200, {})
        if url.path == "/test/log":
            return self.answer(200, "\n".join(log).encode())
        if url.path == "/test/events":
            return self.answer(200, "\n".join(posted).encode())
        log.append(self.path)
        if not self.allowed():
            return self.refuse(401, "Unauthorized")
        if MODES["status"]:
            return self.refuse(MODES["status"], "told to")
        if MODES["missing"] and url.path.startswith(MODES["missing"]):
            return self.answer(404, b"404 page not found\n")
        if "watch" in query:
            return self.watch(url.path, int(query["resourceVersion"]))
        self.list(url.path, query)

    def list(self, path, query):
        with changed:
            at, start = str(version), 0
            if "continue" in query:
                if take("expire_continue"):
                    return self.refuse(410, "The provided continue parameter is too old")
                start, at = query["continue"].removeprefix("after+/=").split("@")
            # All pages are of the moment when the first one was asked for.
            items = pages.setdefault((path, at), list(kinds.get(path, {}).values()))
            start, end = int(start), int(start) + min(MODES["page"], int(query["limit"]))
            metadata = {"resourceVersion": at}
            if end < len(items):
                metadata["continue"] = "after+/=%d@%s" % (end, at)
        self.answer(200, {**typed(path, "List"), "metadata": metadata, "items": items[start:end]})

    def watch(self, path, since):
        # As from an API server that began anew: it never was that far, or does not remember.
        if since < max(MODES["expired"], began_at) or since > version:
            return self.refuse(410, "too old resource version")
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if since < MODES["expired_event"]:
            self.event("ERROR", {"kind": "Status", "code": 410, "message": "too old"})
            return self.chunk(b"")
        began = time.time()
        while True:
            with changed:
                changed.wait_for(lambda: version > since, 0.2)
                news = [entry for entry in history if entry[0] > since and entry[1] == path]
                latest = version
            # Who is gone takes no mode away from who is there.
            if select.select([self.connection], [], [], 0)[0]:
                self.close_connection = True
                return
            for _, _, what, obj in news:
                if take("cut"):
                    self.wfile.write(b"1000\r\n{\"type\":\"ADDED\",\"obj")
                    self.wfile.flush()
                    self.connection.shutdown(2)
                    self.close_connection = True
                    return
                self.event(what, {**obj, **typed(path)})
                if take("garbage"):
                    self.chunk(b"\x00{]] no JSON at all \xff\n")
                if take("closing"):
                    return self.chunk(b"")
            since = latest
            if time.time() - began > 1:
                began = time.time()
                self.event("BOOKMARK", {**typed(path), "metadata": {"resourceVersion": str(since)}})

    def event(self, what, obj):
        self.chunk(json.dumps({"type": what, "object": obj}).encode() + b"\n")


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
context.load_verify_locations(AUTHORITY)
context.verify_mode = ssl.CERT_OPTIONAL
http.server.ThreadingHTTPServer.daemon_threads = True
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(PORT)), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
