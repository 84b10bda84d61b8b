"""Answers, and asks whether there is an answer, by TCP, UDP and SCTP.

probe.py serve TCP,TCP,... UDP,UDP,...    in a pod, until it is ended; says "ready"
probe.py ask SECONDS NAME:PORT/PROTO...   prints those that answered, in order; with
                                          "(4)" behind it when only by IPv4, or "(6)".
                                          HOSTS="NAME=IPv4,IPv6 ..." tells who NAME is
probe.py talk SECONDS ADDRESS:PORT FILE   one TCP connection: a line each 20 ms,
                                          the count of answers in FILE
probe.py flood ADDRESS,... UDP FILE       datagrams to all of them, without end; FILE
                                          has the addresses that ever answered

SCTP by hand, as the kernel may have none: INIT is answered by INIT ACK.
"""
import os, select, socket, struct, sys, time

TABLE = []
for i in range(256):
    for _ in range(8):
        i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
    TABLE.append(i)


def sctp_packet(source, destination, tag, chunk):
    data = struct.pack("!HHII", source, destination, tag, 0) + chunk
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return data[:8] + struct.pack("<I", crc ^ 0xFFFFFFFF) + data[12:]


def sctp_init(kind, tag):
    return struct.pack("!BBHIIHHI", kind, 0, 20, tag, 65536, 1, 1, tag)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def raw(family):
    made = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_SCTP)
    made.setblocking(False)
    return made


def listener(family, kind, port):
    made = socket.socket(family, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.bind(("", port))
    if kind == socket.SOCK_STREAM:
        made.listen(64)
    made.setblocking(False)
    return made


def serve(tcp, udp):
    listeners, datagrams, raws, streams = [], [], [], []
    for family in (socket.AF_INET, socket.AF_INET6):
        listeners += [listener(family, socket.SOCK_STREAM, port) for port in tcp]
        datagrams += [listener(family, socket.SOCK_DGRAM, port) for port in udp]
        raws.append(raw(family))
    print("ready", flush=True)
    while True:
        for ready in select.select(listeners + datagrams + raws + streams, [], [])[0]:
            try:
                if ready in listeners:
                    streams.append(ready.accept()[0])
                elif ready in datagrams:
                    data, peer = ready.recvfrom(2048)
                    ready.sendto(data, peer)
                elif ready in raws:
                    data, peer = ready.recvfrom(2048)
                    data = data[20:] if ready.family == socket.AF_INET else data
                    source, destination, tag = struct.unpack("!HHI", data[:8])
                    if data[12] == 1:
                        theirs = struct.unpack("!I", data[16:20])[0]
                        answer = sctp_packet(destination, source, theirs, sctp_init(2, 7))
                        ready.sendto(answer, (peer[0], 0))
                else:
                    data = ready.recv(2048)
                    if not data:
                        raise OSError
                    ready.send(data)
            except OSError:
                if ready in streams:
                    streams.remove(ready)
                    ready.close()


def ask(seconds, names):
    hosts = dict(host.split("=") for host in os.environ["HOSTS"].split())
    waiting, raws, answered = {}, {}, set()
    targets = [(name, which) for name in names for which in (0, 1)]
    for target in targets:
        where, protocol = target[0].rsplit("/", 1)
        host, port = where.rsplit(":", 1)
        address = hosts[host].split(",")[target[1]]
        family = family_of(address)
        if protocol == "SCTP":
            made = raw(family)
            source = 20000 + len(raws)
            packet = sctp_packet(source, int(port), 0, sctp_init(1, 5))
            raws[made] = (target, int(port), source)
            try:
                made.sendto(packet, (address, 0))
            except OSError:
                pass
            continue
        kind = socket.SOCK_STREAM if protocol == "TCP" else socket.SOCK_DGRAM
        made = socket.socket(family, kind)
        made.setblocking(False)
        try:
            made.connect((address, int(port)))
        except BlockingIOError:
            pass
        except OSError:
            continue
        if protocol == "UDP":
            made.send(b"?")
        waiting[made] = (target, protocol)
    end = time.time() + seconds
    while (waiting or raws) and time.time() < end:
        connecting = [s for s in waiting if waiting[s][1] == "TCP"]
        reading = [s for s in waiting if waiting[s][1] == "UDP"] + list(raws)
        readable, writable, _ = select.select(reading, connecting, [], max(0, end - time.time()))
        for ready in writable:
            target, _ = waiting.pop(ready)
            if ready.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                answered.add(target)
        for ready in readable:
            if ready in waiting:
                target, _ = waiting.pop(ready)
                try:
                    ready.recv(10)
                    answered.add(target)
                except OSError:
                    pass
                continue
            target, port, source = raws[ready]
            data = ready.recv(2048)
            data = data[20:] if ready.family == socket.AF_INET else data
            if struct.unpack("!HH", data[:4]) == (port, source) and data[12] == 2:
                answered.add(target)
                del raws[ready]
    marks = {(True, True): "", (True, False): "(4)", (False, True): "(6)"}
    found = [(name, ((name, 0) in answered, (name, 1) in answered)) for name in names]
    print(" ".join(name + marks[by] for name, by in found if any(by)))


def talk(seconds, where, path):
    address, port = where.rsplit(":", 1)
    made = socket.create_connection((address, int(port)), 2)
    made.setblocking(False)
    count, end = 0, time.time() + seconds
    while time.time() < end:
        try:
            made.send(b"?")
        except OSError:
            pass
        if select.select([made], [], [], 0.02)[0]:
            try:
                count += len(made.recv(4096))
            except OSError:
                break
            with open(path + ".new", "w") as out:
                out.write(str(count))
            os.rename(path + ".new", path)


def flood(addresses, port, path):
    made = {}
    for family in (socket.AF_INET, socket.AF_INET6):
        made[family] = socket.socket(family, socket.SOCK_DGRAM)
        made[family].setblocking(False)
    seen, rounds = set(), 0
    while True:
        for address in addresses:
            try:
                made[family_of(address)].sendto(b"?", (address, port))
            except OSError:
                pass
        rounds += 1
        for ready in select.select(list(made.values()), [], [], 0)[0]:
            try:
                while True:
                    seen.add(ready.recvfrom(64)[1][0])
            except OSError:
                pass
        with open(path + ".new", "w") as out:
            out.write(" ".join([str(rounds)] + sorted(seen)))
        os.rename(path + ".new", path)


if sys.argv[1] == "serve":
    serve(*[[int(port) for port in ports.split(",")] for ports in sys.argv[2:4]])
elif sys.argv[1] == "ask":
    ask(float(sys.argv[2]), sys.argv[3:])
elif sys.argv[1] == "talk":
    talk(float(sys.argv[2]), sys.argv[3], sys.argv[4])
else:
    flood(sys.argv[2].split(","), int(sys.argv[3]), sys.argv[4])
