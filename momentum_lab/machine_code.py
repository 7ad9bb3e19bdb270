"""Compiling, and keeping the machine code on disk: damage there costs time, never a result."""

import contextlib
import hashlib
from pathlib import Path

import numba
from numba.core.caching import FunctionCache


def compiled(function, signature, cache, **options):
    """Return `function` compiled for one signature; with `cache` its machine code is kept on disk.

    Where it cannot be kept or read again, for whatever reason, it is compiled in memory.
    """
    dispatcher = numba.njit(nogil=True, **options)(function)
    if cache:
        with contextlib.suppress(RuntimeError, OSError):  # there may be no folder for it
            dispatcher._cache = _Files(function)
    dispatcher.compile(signature)
    dispatcher.disable_compile()
    return dispatcher


class _Files(FunctionCache):
    """numba's files for one function, which are read only if a checksum finds them whole.

    numba trusts what it reads: a garbled file is an error at every start, or a crash.
    """

    def load_overload(self, *arguments):
        with contextlib.suppress(Exception):
            if self._sum.read_text() == self._checksum():
                return super().load_overload(*arguments)
        self._forget()
        return None

    def save_overload(self, *arguments):
        try:
            super().save_overload(*arguments)
            self._sum.write_text(self._checksum())
        except Exception:  # a full disk, say
            self._forget()

    @property
    def _sum(self):
        return Path(self.cache_path) / f"{self._impl.filename_base}.sum"

    def _paths(self):
        return sorted(Path(self.cache_path).glob(f"{self._impl.filename_base}.*"))

    def _checksum(self):
        parts = [p.name.encode() + p.read_bytes() for p in self._paths() if p.suffix != ".sum"]
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def _forget(self):
        with contextlib.suppress(OSError):
            for path in self._paths():
                with contextlib.suppress(OSError):
                    path.rmdir() if path.is_dir() else path.unlink()
