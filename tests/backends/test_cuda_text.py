"""The C++ text of the kernels, as NVIDIA's compiler reads it; it needs no GPU."""

import cuda_text
import pytest

from regan.backends import Kernel
from regan.testing.backends import all_kernels

NVRTC = cuda_text.nvrtc()
pytestmark = pytest.mark.skipif(
    NVRTC is None, reason="NVRTC is not installed; tox -e cuda-text installs it"
)


@pytest.mark.parametrize("kernel", all_kernels(), ids=lambda kernel: kernel.name)
def test_nvrtc_compiles_it(kernel):
    assert cuda_text.compile_cuda(NVRTC, cuda_text.cuda_source(kernel)) == (0, "")


@pytest.mark.parametrize("text", ["y = fabss(x);", "y = x", "int unused = 1; y = x;"])
def test_nvrtc_finds_what_is_wrong(text):
    kernel = Kernel("wrong", "T x", "T y", text, numpy=lambda x, y: None)
    result, log = cuda_text.compile_cuda(NVRTC, cuda_text.cuda_source(kernel))
    assert result != 0
    assert "kernel.cu(2)" in log
