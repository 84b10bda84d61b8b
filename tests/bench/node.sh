#!/bin/sh
# What docs/image.md says of a node: the size of its image, what a first boot
# writes, the chart of that boot, and what it takes when nobody asks anything of
# it, by unit and by pod. Kubernetes of KINC_TEST_BIN_DIR, else Debian's.
#   tests/bench/node.sh CHART.svg [SECONDS]    SECONDS after Ready (300)
set -u
. "$(dirname -- "$0")/../e2e/lib.sh"
chart=${1:?usage: node.sh CHART.svg [SECONDS]} wait=${2:-300} window=60
host_begin ${KINC_TEST_BIN_DIR:+"$KINC_TEST_BIN_DIR"}
podman='podman --cgroup-manager=cgroupfs'

image=$(in_clone "make -s all && ${KINC_TEST_BIN_DIR:+KINC_BIN_DIR=$theirs} containerfile/build/image.sh" 2>/dev/null | tail -n 1)
echo "image $image: $(in_host $podman image inspect --format '{{.Size}}' "$image") bytes; layers, newest first:" \
	$(in_host $podman history --human=false --format '{{.Size}}' "$image" | grep -v '^0$')
echo "images of pods:"
in_host $podman images --format '{{.Size}} {{.Repository}}:{{.Tag}}' | grep 'kinc/[^n]' | sort -u

for boot in first second third; do
	[ $boot = first ] || in_host $ours --cluster m down >/dev/null 2>&1
	in_host $ours --cluster m --image "$image" up >"$host/up" 2>&1 || { tail "$host/up"; exit 1; }
	# Of a process that has ended its parent has the count.
	written=$(in_node m sh -c 'cat /proc/[0-9]*/io' 2>/dev/null | awk '/^write_bytes/ { n += $2 } /^cancelled/ { n -= $2 } END { print n }')
	echo "$boot boot: $(grep ' done$' "$host/up" | tail -n 1); written to disk: $written bytes"
done
in_host $ours --cluster m chart - >"$chart"
echo "critical path, in milliseconds:"
in_host $ours --cluster m chart --json - | jq -c .

sleep "$wait"
# sample: a line for each cgroup with processes: PATH CPU-MICROSECONDS PSS-KB PROCESSES COMMAND
sample() {
	in_node m sh -c 'for group in $(find /sys/fs/cgroup -name cgroup.procs); do
		pids=$(cat $group)
		[ -n "$pids" ] || continue
		group=${group%/cgroup.procs}
		pss=$(for pid in $pids; do cat /proc/$pid/smaps_rollup; done 2>/dev/null | awk "/^Pss:/ { n += \$2 } END { print n + 0 }")
		set -- $pids
		echo ${group#/sys/fs/cgroup} $(sed -n "s/^usage_usec //p" $group/cpu.stat) $pss $# $(cat /proc/$1/comm)
	done'
}
# names: a line for each container: PATH POD
state=$(in_node m sh -c 'ls -d /run/containerd/runc/k8s.io /run/crun 2>/dev/null')
for id in $(in_node m ls "$state"); do
	told=$(in_node m /usr/libexec/kinc/kinc-crun --root "$state" state "$id")
	echo "$(in_node m sh -c "sed 's/^0:://' /proc/$(printf '%s' "$told" | jq .pid)/cgroup")" \
		"$(printf '%s' "$told" | jq -r '.annotations | (."io.kubernetes.cri.sandbox-name" // ."io.kubernetes.pod.name" // ."io.kubernetes.cri-o.KubeName")')"
done >"$host/names"
sample >"$host/before"
sleep $window
sample >"$host/after"
echo "idle, $wait s after Ready: CPU of $window s in thousandths of one, memory (PSS) in kB, processes"
awk -v seconds=$window '
	FILENAME ~ /names$/ { pod[$1] = $2; next }
	FILENAME ~ /before$/ { used[$1] = $2; next }
	{
		if ($1 in pod) name = "pod " pod[$1]
		else if ($1 ~ /^\/kinc\//) { split($1, part, "/"); name = "unit " part[3] }
		else if ($1 ~ /^\/init/) name = "kinc-init"
		else name = "monitors (" $5 ")"
		cpu[name] += $2 - used[$1]; memory[name] += $3; count[name] += $4
	}
	END {
		for (name in cpu) {
			printf "| %s | %.1f | %d | %d |\n", name, cpu[name] / seconds / 1000, memory[name], count[name]
			c += cpu[name]; m += memory[name]; p += count[name]
		}
		printf "| total | %.1f | %d | %d |\n", c / seconds / 1000, m, p
	}' "$host/names" "$host/before" "$host/after" | sort
in_host $ours --cluster m down >/dev/null 2>&1
