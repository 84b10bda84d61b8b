# Sourced by all_hosts.sh: what each kind of host and user must show.

# page_check CLUSTER: a pod of that cluster answers on the host, and with its own word.
page_check() {
	name=$1
	in_node "$name" mkdir -p /var/lib/kinc/test
	in_host podman cp /home/$user/busybox "kinc-$name-control-plane:/var/lib/kinc/test/busybox" 2>/dev/null
	in_node "$name" sh -c "echo $name >/var/lib/kinc/test/name"
	on "$name" apply -f - >/dev/null <<-END
		apiVersion: v1
		kind: Pod
		metadata: { name: page }
		spec:
		  terminationGracePeriodSeconds: 1
		  containers:
		  - name: page
		    image: localhost/kinc/pause:1
		    imagePullPolicy: Never
		    command: [/test/busybox, httpd, -f, -p, "8080", -h, /test]
		    volumeMounts: [{ name: test, mountPath: /test }]
		  volumes: [{ name: test, hostPath: { path: /var/lib/kinc/test } }]
	END
	check "$name: a pod runs" on "$name" wait --for=condition=Ready pod/page --timeout=120s
	place=$(in_host $ours --cluster "$name" expose pod/page:8080 2>/dev/null)
	answers() { [ "$(in_host /home/$user/busybox wget -qO- "http://$place/name")" = "$name" ]; }
	check "$name: and answers on the host ($place)" wait_for 60 answers
}

# at_once COMMAND: of kinc-launch, for three clusters by three processes.
at_once() {
	for name in one two three; do
		in_host $ours --cluster $name "$1" >"$home/$name.out" 2>&1 &
		eval "job_$name=$!"
	done
	for name in one two three; do
		eval "wait \$job_$name"
		is "$name: $1 beside the two others" $? 0
		diag "$(cat "$home/$name.out")"
	done
}

three_check() {
	before=$(host_inventory)
	at_once up
	is 'each is Ready' "$(for name in one two three; do
		on $name get nodes --no-headers | awk '{ print $1, $2 }'; done | paste -sd' ')" \
		'kinc-one-control-plane Ready kinc-two-control-plane Ready kinc-three-control-plane Ready'
	is 'each has a port, and subnets that follow it' "$(in_host $ours list --json |
		jq -r '.. | objects | select(.name?) | [.name, .port, .pod_subnet, .service_subnet] | map(tostring) | join(" ")' |
		awk '$3 == "10.244." ($2 - 6400) ".0/24" && $4 == "10." ($2 - 6400) ".0.0/16" && !port[$2]++ { print $1 }' |
		sort | xargs)" 'one three two'
	for name in one two three; do page_check $name; done
	at_once down
	is 'nothing is left' "$(host_inventory)" "$before"
}

# root_check: this machine is one where root has control groups of version 1 beside
# version 2, and it is root who made the simulated host on it, and enters it.
root_check() {
	if ! grep -q ' - cgroup ' /proc/self/mountinfo; then
		skip 'root: a host with control groups of both versions' 'this machine has only version 2'
	else
		ok 'root: this host has control groups of both versions'
	fi
	refusal=$("$launch" --cluster root up 2>&1)
	is 'root: up is refused' $? 111
	like 'root: it says for whom clusters are, and how root gets one' "$refusal" \
		'user: root .uid 0., needed: an ordinary one; .*kinc-launch ground --user USER.*kinc-launch enter --user USER'
	refusal=$("$launch" doctor 2>&1)
	is 'root: doctor wants a user' $? 100
	like 'root: and says so' "$refusal" 'ordinary user.*give --user USER'
	check 'root: what it says makes one' "$launch" enter --user $user -- $ours --cluster root up
	like 'root: it is Ready' "$(on root get nodes --no-headers)" '^kinc-root-control-plane +Ready'
	check 'root: and goes' "$launch" enter --user $user -- $ours --cluster root down
}

# outer ARGUMENT...: podman of the host; inner COMMAND...: in the container.
outer() { in_host podman --cgroup-manager=cgroupfs "$@"; }
inner() { outer exec --interactive outer "$@"; }
# What a cluster in a container needs of that: man/kinc-launch.1 has it too.
outer_flags='--cap-add=SYS_ADMIN --security-opt=unmask=ALL --device=/dev/fuse --device=/dev/net/tun
	--volume=/sys:/sys'
# misses WORD: what doctor names in a container that lacks the flag with that WORD.
misses() {
	# shellcheck disable=SC2046
	outer run --rm --user me --cgroup-parent "/kinc.$user/outer" $(printf '%s\n' $outer_flags | grep -v -- "$1") localhost/inside kinc-launch doctor --json 2>/dev/null |
		jq -r '.[] | select(.grade == "missing") | .check + ": " + .mend'
}

# inside_check: a container of Debian 13 on the host of Debian 12, with an ordinary
# user who has a cluster there. After image_keep.
inside_check() {
	mkdir "$home/inside"
	cp "$launch" "$archive.kubectl" "$home/inside"
	outer import --quiet - localhost/debian13 <"$("$KINC_TOP/containerfile/build/root.sh" host13)" >/dev/null
	# Of the ids 0 to 65536 that are there uid 1000 is the user's own. `podman import`
	# drops the privilege of newuidmap.
	cat >"$home/inside/Containerfile" <<-END
		FROM localhost/debian13
		COPY kinc-launch /usr/local/bin/kinc-launch
		COPY ${archive##*/}.kubectl /usr/local/bin/kubectl
		RUN useradd --create-home --uid 1000 me && \
		    printf 'me:1:999\nme:1001:64536\n' | tee /etc/subuid >/etc/subgid && \
		    chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap && \
		    install --directory --owner me --mode 0700 /run/user/1000 && \
		    su me -c 'mkdir -p ~/.local/share/containers'
		ENV XDG_RUNTIME_DIR=/run/user/1000
	END
	chown -R "$uid:$uid" "$home/inside"
	if ! output=$(in_host sh -c 'cd ~/inside && podman --cgroup-manager=cgroupfs build --quiet --tag localhost/inside .' 2>&1); then
		not_ok 'inside: the image of the outer container'
		diag "$output"
		return
	fi
	like 'inside: without SYS_ADMIN' "$(misses SYS_ADMIN)" '^container: .*podman run --cap-add=SYS_ADMIN'
	missed=$(misses unmask)
	like 'inside: without unmask' "$missed" '^container: .*podman run --security-opt=unmask=ALL'
	like 'inside: nor a control group' "$missed" '^cgroup: .*podman run --security-opt=unmask=ALL'
	like 'inside: without fuse' "$(misses fuse)" '^fuse: .*podman run --device=/dev/fuse'
	like 'inside: without tun' "$(misses tun)" '^tun: .*podman run --device=/dev/net/tun'
	like 'inside: without /sys' "$(misses /sys)" '^container: .*podman run --volume=/sys:/sys'
	like 'inside: with all of them only what its root can give' "$(misses nothing-at-all | sed 's/: .*//' | paste -sd' ')" '^cgroup$'
	# In a control group of its own, as systemd gives it one.
	# shellcheck disable=SC2086
	outer run --detach --name outer --user me --cgroup-parent "/kinc.$user/outer" $outer_flags --volume inside:/home/me/.local/share/containers \
		localhost/inside sleep infinity >/dev/null
	check 'inside: its root mends that' outer exec --user root outer kinc-launch doctor --fix --user me
	check 'inside: the node image is there' inner podman load --quiet <"$archive"
	check 'inside: up' inner kinc-launch --cluster deep up </dev/null
	like 'inside: it is Ready' "$(inner kubectl --context kinc-deep get nodes --no-headers </dev/null)" '^kinc-deep-control-plane +Ready'
	# Podman does that, so that limits hold where there are controllers.
	is 'inside: nothing stands in the root of its control groups' "$(inner cat /sys/fs/cgroup/cgroup.procs </dev/null)" ''
	check 'inside: monitor is content' inner kinc-launch --cluster deep monitor --timeout 60 </dev/null
	check 'inside: test is content' inner kinc-launch --cluster deep test </dev/null
	check 'inside: down' inner kinc-launch --cluster deep down </dev/null
	is 'inside: nothing is left' "$(inner podman ps --all --quiet </dev/null; inner podman volume ls --quiet </dev/null)" ''
	outer rm --force --time 0 outer >/dev/null
	outer volume rm inside >/dev/null
}

# testing_check: the newest Podman. After image_keep, and last.
testing_check() {
	host_bare host14
	host_start
	like "testing: its Podman is newer than Debian 13's" "$(in_host podman --version)" ' (5[.]([5-9]|[1-9][0-9])|[6-9])'
	diag "$(in_host podman --version; in_host crun --version | head -n 1)"
	check 'testing: the image is there' in_host sh -c 'podman --cgroup-manager=cgroupfs load --quiet' <"$archive"
	check 'testing: doctor is content' in_host $ours doctor
	check 'testing: up' in_host $ours --cluster new up
	like 'testing: it is Ready' "$(in_host kubectl --context kinc-new get nodes --no-headers)" '^kinc-new-control-plane +Ready'
	check 'testing: monitor is content' in_host $ours --cluster new monitor --timeout 60
	check 'testing: test is content' in_host $ours --cluster new test
	check 'testing: quadlet print' in_host $ours --cluster other quadlet print
	check 'testing: down' in_host $ours --cluster new down
	is 'testing: nothing is left' "$(in_host podman ps --all --quiet; in_host podman volume ls --quiet)" ''
}
