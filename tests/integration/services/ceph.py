"""A real S3 server: Ceph's radosgw over one monitor and one OSD on a sparse file, on loopback, in a temporary folder.

Without authentication between the daemons (they share one user and one machine); S3 itself demands signatures, and
wrong keys are refused. `tcp_nodelay` saves 40 ms an answer.
"""

from __future__ import annotations

import secrets
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.processes import Processes, ServerError, free_port, listening
from services.s3_user import S3User

CONF = """
[global]
fsid = {fsid}
mon_host = v1:127.0.0.1:{mon_port}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv4 = true
ms_bind_ipv6 = false
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = true
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 1
mon_data_avail_crit = 1
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
run_dir = {folder}
admin_socket = {folder}/$name.asok
pid_file =
log_file =
log_to_stderr = true
err_to_stderr = true
mon_cluster_log_file = {folder}/cluster.log
crash_dir = {folder}/crash
keyring = {folder}/keyring
mon_data = {folder}/mon
osd_data = {folder}/osd
[osd]
osd_objectstore = bluestore
bluestore_block_create = true
bluestore_block_size = 8589934592
osd_memory_target = 939524096
osd_crush_update_on_start = false
osd_class_update_on_start = false
osd_class_load_list = *
osd_class_default_list = *
[client.rgw]
rgw_data = {folder}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{rgw_port} tcp_nodelay=1
rgw_enable_usage_log = false
rgw_gc_obj_min_wait = 60
"""


@contextmanager
def ceph() -> Iterator[S3User]:
    """A running server; stopped and removed on leaving."""
    missing = [name for name in ("ceph-mon", "ceph-osd", "radosgw", "ceph", "radosgw-admin") if not shutil.which(name)]
    if missing:
        raise ServerError(f"not installed: {', '.join(missing)}: run tests/integration/services/install.sh as root")
    with Processes("ceph") as processes:
        mon_port, rgw_port = free_port(), free_port()
        conf = _configure(processes.folder, mon_port, rgw_port)
        _start_monitor(processes, conf, mon_port)
        _start_osd(processes, conf)
        processes.start("rgw", "radosgw", "-f", "-c", conf, "-n", "client.rgw")
        processes.wait("radosgw", lambda: listening(rgw_port), seconds=120)
        user = S3User(f"http://127.0.0.1:{rgw_port}", secrets.token_hex(10).upper(), secrets.token_hex(20))
        processes.run(
            "radosgw-admin", "-c", conf, "-n", "client.rgw", "user", "create", "--uid=dambo", "--display-name=dambo",
            f"--access-key={user.access_key}", f"--secret-key={user.secret_key}",
        )  # fmt: skip
        yield user


def _configure(folder: Path, mon_port: int, rgw_port: int) -> Path:
    for name in ("mon", "osd", "rgw", "crash"):
        (folder / name).mkdir()
    (folder / "keyring").touch()
    conf = folder / "ceph.conf"
    conf.write_text(CONF.format(fsid=uuid.uuid4(), folder=folder, mon_port=mon_port, rgw_port=rgw_port))
    return conf


def _start_monitor(processes: Processes, conf: Path, port: int) -> None:
    fsid = next(line.split(" = ")[1] for line in conf.read_text().splitlines() if line.startswith("fsid"))
    monmap = processes.folder / "monmap"
    address = f"[v1:127.0.0.1:{port}]"
    processes.run("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", address, monmap)
    processes.run("ceph-mon", "-c", conf, "--mkfs", "-i", "a", "--monmap", monmap)
    processes.start("mon", "ceph-mon", "-f", "-c", conf, "-i", "a")
    processes.wait("ceph-mon", lambda: listening(port))


def _start_osd(processes: Processes, conf: Path) -> None:
    osd = str(uuid.uuid4())
    admin = ("ceph", "-c", conf, "--connect-timeout", "30")
    processes.run(*admin, "osd", "new", osd)
    processes.run("ceph-osd", "-c", conf, "-i", "0", "--mkfs", "--osd-uuid", osd)
    processes.run(*admin, "osd", "crush", "add", "osd.0", "1.0", "host=local", "root=default")
    processes.start("osd", "ceph-osd", "-f", "-c", conf, "-i", "0")
