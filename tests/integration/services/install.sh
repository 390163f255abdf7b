#!/bin/sh
# Installs the servers that `make test-services` starts (Ceph's radosgw, PostgreSQL, Redis) from Debian or Ubuntu packages.
# Does nothing where they are there already; needs root otherwise. It starts no service.
set -eu

missing=""
for command in radosgw ceph-mon ceph-osd ceph radosgw-admin monmaptool redis-server setpriv; do
    command -v "$command" >/dev/null 2>&1 || missing="$missing $command"
done
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "test-services needs:$missing" >&2
    echo "  as root on Debian or Ubuntu: $0" >&2
    exit 1
fi

# dpkg asks policy-rc.d before it starts a service: 101 means no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
# Debian's postgresql would make a cluster of its own that starts at boot: the tests make theirs in a temporary folder.
cluster=/etc/postgresql-common/createcluster.conf
if [ ! -e "$cluster" ]; then
    mkdir -p "${cluster%/*}"
    echo "create_main_cluster = false" >"$cluster"
fi

echo "installing$missing ..." >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! {
    apt-get -q update &&
        apt-get -q install -y --no-install-recommends -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \
            radosgw ceph-mon ceph-osd ceph-common postgresql redis-server util-linux
} >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "apt-get failed; everything it said: $log" >&2
    exit 1
fi
rm -f "$log"
