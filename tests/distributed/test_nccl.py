"""NCCL's communicator on a stand-in for CuPy's calls: what is asked of it, and in which order."""

from types import SimpleNamespace

import numpy as np
import pytest

from regan.distributed import NCCLCommunicator, RankError, SingleCommunicator, nccl


class Device:
    chosen = None

    def __init__(self, number):
        self.number = number

    def use(self):
        Device.chosen = self.number


class OnDevice:
    """An array at an address."""

    def __init__(self, values):
        self.values, self.dtype, self.size = values, values.dtype, values.size
        self.data = SimpleNamespace(ptr=id(self))


class Stream:
    """A stream that is done when it was asked three times."""

    ptr = 77

    def __init__(self):
        self.asked = 0

    @property
    def done(self):
        self.asked += 1
        return self.asked > 3


class Host(SingleCommunicator):
    """Rank 1 of 2, which says what it is asked for."""

    rank, size = 1, 2

    def __init__(self):
        self.calls = []

    def broadcast(self, thing):
        self.calls.append(("broadcast", thing))
        return "the number of rank 0" if thing is None else thing

    def all_reduce(self, array):
        self.calls.append(("all_reduce", array))

    def fail(self, error):
        self.calls.append(("fail", error))

    def listen(self):
        self.calls.append(("listen",))


@pytest.fixture
def calls(monkeypatch):
    """What the library is asked for."""
    asked, stream = [], Stream()

    class NcclCommunicator:
        def __init__(self, *arguments):
            asked.append(("init", *arguments))

        def allReduce(self, *arguments):  # noqa: N802 - its name
            asked.append(("allReduce", *arguments))

        def abort(self):
            asked.append(("abort",))

    library = SimpleNamespace(
        available=True,
        get_unique_id=lambda: "a number",
        NcclCommunicator=NcclCommunicator,
        NCCL_SUM=0,
        NCCL_FLOAT32=7,
        NCCL_FLOAT64=8,
    )
    cuda = SimpleNamespace(
        Device=Device,
        get_current_stream=lambda: stream,
        runtime=SimpleNamespace(getDeviceCount=lambda: 8),
    )
    modules = {"cupy": SimpleNamespace(cuda=cuda), "cupy.cuda.nccl": library}
    monkeypatch.setattr(nccl, "import_module", modules.__getitem__)
    return asked


@pytest.mark.parametrize(("device", "chosen"), [(None, 1), (5, 5)])
def test_a_rank_takes_its_device_and_the_number_of_rank_0(calls, device, chosen):
    communicator = NCCLCommunicator(Host(), device)
    assert (communicator.rank, communicator.size, Device.chosen) == (1, 2, chosen)
    assert calls == [("init", 2, "the number of rank 0", 1)]


@pytest.mark.parametrize(("dtype", "kind"), [(np.float32, 7), (np.float64, 8)])
def test_arrays_are_summed_up_in_place_on_the_current_stream(calls, dtype, kind):
    host = Host()
    communicator, array = NCCLCommunicator(host), OnDevice(np.ones(5, dtype))
    communicator.all_reduce(array)
    assert calls[1:] == [("allReduce", id(array), id(array), 5, kind, 0, 77)]
    assert host.calls[1:] == [("listen",)] * 3  # for word of a rank that will not come


def test_all_else_goes_by_the_host(calls):
    host, error, array = Host(), ValueError("no"), np.ones(2)
    communicator = NCCLCommunicator(host)
    communicator.all_reduce(array)
    assert communicator.broadcast(5) == 5
    communicator.fail(error)
    assert host.calls[1:] == [("all_reduce", array), ("broadcast", 5), ("fail", error)]
    assert [name for name, *_ in calls] == ["init", "abort"]


def test_without_it_it_says_what_to_install(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(nccl, "import_module", missing)
    with pytest.raises(ImportError, match=r"NCCL of CuPy.*No module named 'cupy'.*pip install"):
        NCCLCommunicator(Host())
    absent = SimpleNamespace(available=False)
    monkeypatch.setattr(nccl, "import_module", lambda name: absent)
    with pytest.raises(ImportError, match="it was built without"):
        NCCLCommunicator(Host())


def test_after_an_error_sums_go_by_a_new_communicator(calls):
    """What the one before still waits for is broken off."""
    host = Host()
    communicator = NCCLCommunicator(host)
    communicator.fail(ValueError("no"))
    for _ in range(2):
        communicator.all_reduce(OnDevice(np.ones(5)))
    names = [name for name, *_ in calls]
    assert names == ["init", "abort", "init", "allReduce", "allReduce"]
    assert [call for call in host.calls if call[0] == "broadcast"] == [("broadcast", None)] * 2


def test_word_of_an_error_ends_a_sum_once(calls, monkeypatch):
    def listen(self):
        raise RankError("rank 0 failed")

    monkeypatch.setattr(Host, "listen", listen)
    host = Host()
    communicator = NCCLCommunicator(host)
    with pytest.raises(RankError, match="rank 0") as caught:
        communicator.all_reduce(OnDevice(np.ones(5)))
    communicator.fail(caught.value)  # as whoever is around it does
    assert [name for name, *_ in calls] == ["init", "allReduce", "abort"]
    assert host.calls[-1] == ("fail", caught.value)
