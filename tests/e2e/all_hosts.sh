#!/bin/sh
# Any user, any host: three clusters that begin at the same moment; root; a cluster
# inside of another container; the Podman of Debian testing.
set -u
. "$(dirname -- "$0")/lib.sh"
. "$KINC_TOP/tests/e2e/hosts.sh"
host_begin
image_make
three_check
root_check
image_keep
inside_check
testing_check
finish
