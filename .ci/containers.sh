# shellcheck shell=bash
# Sourced: buildah and podman with storage of their own, on a machine without a container engine.
# Everything lies below $STATE and nothing of the host's own containers is touched.
STATE=${BREB_CI_STATE:-${TMPDIR:-/tmp}/breb-proxy-ci}
export BREB_CI_STATE=$STATE # for scripts started from here, whose TMPDIR is another one
mkdir -p "$STATE/tmp"

# The host may forbid raising hard limits: ask for no more than this process has.
limit() { local value; value=$(ulimit -H"$1"); [[ $value == unlimited ]] && value=1048576; echo "$value:$value"; }

cat >"$STATE/storage.conf" <<CONF
[storage]
driver = "${BREB_CI_STORAGE:-overlay}"
graphroot = "$STATE/graph"
runroot = "$STATE/run"
CONF
cat >"$STATE/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=$(limit n)", "nproc=$(limit u)"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
tmp_dir = "$STATE/libpod"
static_dir = "$STATE/graph/libpod"
volume_path = "$STATE/graph/volumes"
CONF
export CONTAINERS_STORAGE_CONF=$STATE/storage.conf CONTAINERS_CONF=$STATE/containers.conf
export PODMAN_IGNORE_CGROUPSV1_WARNING=1 TMPDIR=$STATE/tmp
