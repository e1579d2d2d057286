"""Clusters that tests share: in this process, and of two processes."""

import pytest

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="session")
def threads():
    """A client of a cluster of two workers in this process."""
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        distributed.LocalCluster(processes=False, **settings) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def processes():
    """A client of a cluster of two processes."""
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:
        client.wait_for_workers(2)
        yield client
