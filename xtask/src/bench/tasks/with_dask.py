"""`sh -c true` so often as Dask runs it: a worker of two threads, as the host of the row has two
slots. The start of its scheduler and worker is within the time. Called by `few.rs`."""

import subprocess
import sys

from distributed import Client, LocalCluster


def task(_number: int) -> int:
    return subprocess.call(["/bin/sh", "-c", "true"])


if __name__ == "__main__":
    cluster = LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None)
    with cluster, Client(cluster) as client:
        statuses = client.gather(client.map(task, range(int(sys.argv[1])), pure=False))
    sys.exit(any(statuses))
