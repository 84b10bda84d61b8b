"""For bench_dns.sh: services of a made-up API server, and who asks for their names.

dns_world.py make SERVICES FILE                 the state of an API server (fake_api.py)
dns_world.py ask ADDRESS:PORT SERVICES COUNT    one question after the other, by UDP: each
                                                round of what is in KINDS; prints for each
                                                kind the median and the 99th of 100, in us
dns_world.py until ADDRESS:PORT NAME ANSWER     asks each 5 ms until that is the answer;
                                                prints the time
"""
import json, random, socket, statistics, struct, sys, time

A, PTR, SRV = 1, 12, 33


def address(number):
    return "10.43.%d.%d" % (number // 200 + 1, number % 200 + 1)


def make(services, path):
    listed = {"/api/v1/services": [], "/apis/discovery.k8s.io/v1/endpointslices": [], "/api/v1/namespaces": [
        {"metadata": {"name": "default", "uid": "n", "resourceVersion": "100"}}]}
    for i in range(services):
        name, port = "service-%d" % i, {"name": "http", "port": 80, "protocol": "TCP"}
        metadata = {"namespace": "default", "name": name, "uid": "s%d" % i, "resourceVersion": "100"}
        listed["/api/v1/services"].append({"metadata": metadata, "spec": {
            "type": "ClusterIP", "clusterIP": address(i), "clusterIPs": [address(i)], "ports": [port]}})
        listed["/apis/discovery.k8s.io/v1/endpointslices"].append({
            "metadata": {**metadata, "name": name + "-x", "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4", "ports": [port],
            "endpoints": [{"addresses": ["10.244.%d.%d" % (i // 100, i % 100 * 2 + k)], "conditions": {"ready": True}} for k in (1, 2)]})
    json.dump([100, {kind: {o["metadata"].get("namespace", "") + "/" + o["metadata"]["name"]: o for o in objects}
                     for kind, objects in listed.items()}], open(path, "w"))


def question(number, name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def ask(asker, name, kind):
    number = random.randrange(65536)
    asker.send(question(number, name, kind))
    while True:
        answer = asker.recv(4096)
        if answer[:2] == struct.pack(">H", number):
            return answer


def connect(where):
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    host, port = where.split(":")
    asker.connect((host, int(port)))
    asker.settimeout(5)
    return asker


zone = ".default.svc.cluster.local"
# What is asked, the type, the status that the answer must have, and whether it has answers.
KINDS = {
    "a service": (lambda i: "service-%d%s" % (i, zone), A, 0),
    "SRV": (lambda i: "_http._tcp.service-%d%s" % (i, zone), SRV, 0),
    "PTR": (lambda i: ".".join(reversed(address(i).split("."))) + ".in-addr.arpa", PTR, 0),
    "no such name": (lambda i: "nobody-%d%s" % (i, zone), A, 3),
    "the world": (lambda i: "www.example.test", A, 0),
}


def measure(where, services, count):
    asker, chance = connect(where), random.Random(1)
    times = {kind: [] for kind in KINDS}
    for turn in range(count):
        for kind, (name, type_, status) in KINDS.items():
            wanted = name(chance.randrange(services))
            began = time.perf_counter_ns()
            answer = ask(asker, wanted, type_)
            times[kind].append((time.perf_counter_ns() - began) / 1000)
            flags, _, answers = struct.unpack(">HHH", answer[2:8])
            if flags & 15 != status or (answers > 0) != (status == 0):
                sys.exit("%s: status %d, %d answers" % (wanted, flags & 15, answers))
    for kind, taken in times.items():
        taken.sort()
        print("%s|%.0f|%.0f" % (kind, statistics.median(taken), taken[len(taken) * 99 // 100]))


def until(where, name, wanted):
    asker = connect(where)
    while socket.inet_aton(wanted) not in ask(asker, name, A):
        time.sleep(0.005)
    print("%.4f" % time.time())


command, *rest = sys.argv[1:]
if command == "make":
    make(int(rest[0]), rest[1])
elif command == "ask":
    measure(rest[0], int(rest[1]), int(rest[2]))
else:
    until(*rest)
