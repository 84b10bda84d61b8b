"""For bench_policy.sh: the objects, and what a pod sees of its policies.

policy_world.py make PODS POLICIES FILE   the state of an API server (fake_api.py)
policy_world.py last ADDRESS SECONDS      asks by UDP each 2 ms until no answer came for
                                          as long; prints the time of the last answer
policy_world.py until ADDRESS             asks until it is answered; prints the time
"""
import json, random, select, socket, sys, time

PER_SPACE = 100


def pod(number):
    space, name = "ns%d" % (number // PER_SPACE), "pod-%d-5d8f9c7b6-x%04d" % (number % 17, number)
    address = "10.%d.%d.%d" % (100 + number // 62500, number // 250 % 250, number % 250 + 2)
    return {
        "metadata": {"namespace": space, "name": name, "uid": "u%d" % number, "resourceVersion": "1",
                     "creationTimestamp": "2026-01-01T00:00:00Z",
                     "labels": {"app": "app%d" % (number % 40), "tier": "t%d" % (number % 3), "pod-template-hash": "5d8f9c7b6"},
                     "annotations": {"kubernetes.io/config.seen": "2026-01-01T00:00:00.000000000Z"},
                     "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name[:-6], "uid": "r%d" % (number % 17)}]},
        "spec": {"nodeName": "node%d" % (number // 110 + 2), "serviceAccountName": "default", "restartPolicy": "Always",
                 "containers": [{"name": "main", "image": "example.test/app:%d" % (number % 40),
                                 "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                                 "env": [{"name": "VARIABLE_%d" % i, "value": "x" * 30} for i in range(8)],
                                 "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                                 "volumeMounts": [{"name": "token", "mountPath": "/var/run/secrets", "readOnly": True}]}]},
        "status": {"phase": "Running", "hostIP": "192.0.2.1", "podIP": address, "podIPs": [{"ip": address}],
                   "conditions": [{"type": t, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
                                  for t in ("Initialized", "Ready", "ContainersReady", "PodScheduled")],
                   "containerStatuses": [{"name": "main", "ready": True, "restartCount": 0, "imageID": "sha256:" + "0" * 64}]},
    }


def peers(chance):
    app = lambda: {"matchLabels": {"app": "app%d" % chance.randrange(40)}}
    return [{"podSelector": app()}, {"podSelector": app(), "namespaceSelector": {"matchLabels": {"team": "t%d" % chance.randrange(8)}}},
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ns%d" % chance.randrange(20)}}},
            {"ipBlock": {"cidr": "198.51.%d.0/24" % chance.randrange(100), "except": ["198.51.%d.64/26" % chance.randrange(100)]}}]


def make(pods, policies, path):
    chance = random.Random(1)
    spaces = (pods + PER_SPACE - 1) // PER_SPACE
    listed = {"/api/v1/pods": [pod(i) for i in range(pods)], "/api/v1/namespaces": [], "/apis/networking.k8s.io/v1/networkpolicies": []}
    for i in range(spaces):
        listed["/api/v1/namespaces"].append({"metadata": {"name": "ns%d" % i, "uid": "s%d" % i, "labels": {
            "kubernetes.io/metadata.name": "ns%d" % i, "team": "t%d" % (i % 8)}}})
    ports = [{"protocol": "TCP", "port": port} for port in (8080, 8443, 9090)]
    for i in range(policies):
        spec = {"podSelector": {"matchLabels": {"app": "app%d" % chance.randrange(40)}}, "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": peers(chance), "ports": ports}], "egress": [{"to": peers(chance), "ports": ports}]}
        listed["/apis/networking.k8s.io/v1/networkpolicies"].append({"metadata": {
            "namespace": "ns%d" % (i % spaces), "name": "policy-%d" % i, "uid": "p%d" % i}, "spec": spec})
    kinds = {}
    for path_, items in listed.items():
        for item in items:
            item["metadata"]["resourceVersion"] = "100"
        kinds[path_] = {item["metadata"].get("namespace", "") + "/" + item["metadata"]["name"]: item for item in items}
    json.dump([100, kinds], open(path, "w"))


def answers(address):
    """Times of answers, or None each 2 ms without one."""
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asker.connect((address, 53))
    while True:
        try:
            asker.send(b"?")
        except OSError:
            pass
        if select.select([asker], [], [], 0.002)[0]:
            try:
                asker.recv(10)
                yield time.time()
                time.sleep(0.002)
                continue
            except OSError:
                pass
        yield None


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
else:
    last = time.time()
    began = last
    for when in answers(sys.argv[2]):
        if when and sys.argv[1] == "until":
            print("%.4f" % when)
            break
        last = when or last
        if sys.argv[1] == "last" and (time.time() - last > float(sys.argv[3]) or time.time() - began > 60):
            print("%.4f" % last)
            break
