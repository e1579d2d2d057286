"""Clients and workers: who is there, and whether they have the same regan."""

from __future__ import annotations

from typing import Any

from distributed import Client, get_client

from regan import _version

_MAKE = (
    "to start workers on this machine: from distributed import Client; client = Client(). To "
    "connect to a scheduler elsewhere: Client('tcp://...')"
)


def find_client(given: Any) -> Client:
    """The client that was given, or else the current one.

    ValueError, which says how to make one, if there is none; TypeError for an asynchronous one.
    """
    client = given
    if given is None:
        try:
            client = get_client()
        except ValueError as error:
            raise ValueError(f"there is no Dask client; {_MAKE}") from error
    if not isinstance(client, Client):
        raise TypeError(f"client must be a distributed.Client, got a {type(client).__name__}")
    if client.asynchronous:
        raise TypeError(
            "client is asynchronous, but fit waits for results: create one with asynchronous=False"
        )
    if client.status != "running":
        raise ValueError(f"the client is {client.status}; {_MAKE}")
    return client


def find_workers(client: Client) -> list[str]:
    """The addresses of the workers, in order, all of which have the regan that is here.

    RuntimeError, which names them, for those that have not, and if there are none.
    """
    workers = sorted(client.nthreads())
    if not workers:
        raise RuntimeError(
            f"the scheduler {client.scheduler.address} has no workers: wait for workers with "
            "client.wait_for_workers(1)"
        )
    found = client.run(_version_here, workers=workers, on_error="return")
    own, wrong = _version_here(), []
    for address in workers:
        version = found.get(address)
        if isinstance(version, BaseException):
            wrong.append(f"{address} cannot import it ({version})")
        elif version != own:
            wrong.append(f"{address} has {version}")
    if wrong:
        raise RuntimeError(
            f"workers must have the same regan as the client, {own}: {'; '.join(wrong)}"
        )
    return workers


def _version_here() -> str:
    return str(_version.__version__)
