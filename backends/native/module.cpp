// The module `_extension`: kernels and programs for Python.
//
// It knows nothing of NumPy: programs come as buffers, and what they work on as addresses in them.
// The limited API of Python is enough, and setup.py asks for it where there is one.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <exception>
#include <thread>
#include <vector>

#include "kernels.hpp"
#include "program.hpp"

namespace {

using regan::Word;

PyObject* signatures(PyObject*, PyObject*) {
  PyObject* list = PyList_New(0);
  if (list == nullptr) return nullptr;
  for (const char* const* one = regan::kernel_signatures; *one != nullptr; ++one) {
    PyObject* text = PyUnicode_FromString(*one);
    if (text == nullptr || PyList_Append(list, text) < 0) {
      Py_XDECREF(text);
      Py_DECREF(list);
      return nullptr;
    }
    Py_DECREF(text);
  }
  return list;
}

PyObject* function(PyObject*, PyObject* args) {
  int index, dtype;
  if (!PyArg_ParseTuple(args, "ii", &index, &dtype)) return nullptr;
  Py_ssize_t n = 0;
  while (regan::kernel_signatures[n] != nullptr) ++n;
  if (index < 0 || index >= n || dtype < 0 || dtype > 1) {
    PyErr_Format(PyExc_IndexError, "no kernel %d of dtype %d", index, dtype);
    return nullptr;
  }
  return PyLong_FromVoidPtr(reinterpret_cast<void*>(regan::kernel_function(index, dtype)));
}

PyObject* layout(PyObject*, PyObject*) { return PyLong_FromLong(regan::LAYOUT); }

PyObject* instruction_set(PyObject*, PyObject*) {
  return PyUnicode_FromString(regan::instruction_set());
}

PyObject* choose_instruction_set(PyObject*, PyObject* args) {
  const char* name;
  if (!PyArg_ParseTuple(args, "s", &name)) return nullptr;
  if (regan::choose_instruction_set(name) == nullptr) {
    PyErr_Format(PyExc_ValueError, "no instruction set %s here", name);
    return nullptr;
  }
  Py_RETURN_NONE;
}

template <typename F>
bool read(PyObject* capsule, F& function) {
  function = reinterpret_cast<F>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
  return function != nullptr;
}

PyObject* use_blas(PyObject*, PyObject* args) {
  PyObject* c[6];
  if (!PyArg_ParseTuple(args, "OOOOOO", &c[0], &c[1], &c[2], &c[3], &c[4], &c[5])) return nullptr;
  regan::Blas found;
  if (!read(c[0], found.sgemm) || !read(c[1], found.dgemm) || !read(c[2], found.sgemv) ||
      !read(c[3], found.dgemv) || !read(c[4], found.sdot) || !read(c[5], found.ddot)) {
    return nullptr;
  }
  regan::blas = found;
  Py_RETURN_NONE;
}

// Programs as buffers, held while they are played.
class Programs {
 public:
  bool read(PyObject* args) {
    const Py_ssize_t n = PyTuple_Size(args);
    if (n < 0) return false;
    views_.reserve(n);
    for (Py_ssize_t i = 0; i < n; ++i) {
      Py_buffer view;
      if (PyObject_GetBuffer(PyTuple_GetItem(args, i), &view, PyBUF_SIMPLE) < 0) return false;
      views_.push_back(view);
    }
    return true;
  }

  ~Programs() {
    for (Py_buffer& view : views_) PyBuffer_Release(&view);
  }

  void play() {
    std::vector<std::thread> others;
    std::size_t i = 1;
    try {
      others.reserve(views_.size());
      for (; i < views_.size(); ++i) others.emplace_back(play_one, &views_[i]);
    } catch (const std::exception&) {  // no more threads or memory: this one does what is left
      for (; i < views_.size(); ++i) play_one(&views_[i]);
    }
    if (!views_.empty()) play_one(&views_[0]);
    for (std::thread& other : others) other.join();
  }

 private:
  static void play_one(const Py_buffer* view) {
    const Word* words = static_cast<const Word*>(view->buf);
    regan::play(words, words + view->len / Py_ssize_t(sizeof(Word)));
  }

  std::vector<Py_buffer> views_;
};

PyObject* play(PyObject*, PyObject* args) {
  Programs programs;
  if (!programs.read(args)) return nullptr;
  Py_BEGIN_ALLOW_THREADS
  programs.play();
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"signatures", signatures, METH_NOARGS, "Which kernels there are, a line each."},
    {"function", function, METH_VARARGS,
     "The address of a kernel for this processor, by its position and dtype (0 float, 1 double)."},
    {"layout", layout, METH_NOARGS, "The version of the words of programs."},
    {"instruction_set", instruction_set, METH_NOARGS, "What kernels are compiled for."},
    {"choose_instruction_set", choose_instruction_set, METH_VARARGS,
     "Take the kernels that are compiled for one, by its name."},
    {"use_blas", use_blas, METH_VARARGS,
     "Take sgemm, dgemm, sgemv, dgemv, sdot and ddot, capsules as of scipy.linalg.cython_blas."},
    {"play", play, METH_VARARGS,
     "Play programs at once, a thread each; the interpreter's lock is free meanwhile."},
    {nullptr, nullptr, 0, nullptr}};

PyModuleDef_Slot slots[] = {
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, nullptr}};

PyModuleDef module = {PyModuleDef_HEAD_INIT, "_extension",
                      "Programs of compiled kernels (see program.hpp).", 0, methods, slots,
                      nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__extension() { return PyModuleDef_Init(&module); }
