"""Calling the module in wasmtime: knows docs/ABI.md and trusts no answer, knows nothing of lines and files."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import time
from importlib import resources
from typing import Any

import wasmtime

from .errors import ModuleError, Trap

ABI_VERSION = 1
# Addresses stay below 2^31, where signed and unsigned numbers are the same.
MEMORY_BYTES_MAX = 512 << 20
INPUT_BYTES_MIN = 64 << 10
MESSAGE_BYTES_MAX = 4 << 10
# How often the engine looks at the clock.
TICK_SECONDS = 0.1
FUNCTIONS = ("malloc", "free", "configure", "process", "scan", "verdict", "policy")

Bytes = bytes | bytearray | memoryview


class Program:
    """A compiled module: one for each process, however many instances run it."""

    def __init__(self, wasm: bytes, name: str) -> None:
        config = wasmtime.Config()
        # A call that does not return costs its record, not the process.
        config.epoch_interruption = True
        # Every worker of a cluster is a process of its own: one compiles, the others find the machine code.
        if os.environ.get("TAPSIEVE_CACHE") != "off":
            with contextlib.suppress(wasmtime.WasmtimeError):
                config.cache = True
        self.engine = wasmtime.Engine(config)
        try:
            self.module = wasmtime.Module(self.engine, wasm)
        except wasmtime.WasmtimeError as error:
            raise ModuleError(f"{name}: no WebAssembly module that can be used: {one_line(error)}") from error
        self.name = name
        exports = {export.name for export in self.module.exports}
        missing = [export for export in ("memory", "abi_version", *FUNCTIONS) if export not in exports]
        if missing:
            raise ModuleError(f"{name}: no tapsieve module, it lacks {', '.join(missing)}")
        if list(self.module.imports):
            raise ModuleError(f"{name}: no tapsieve module, it has imports")
        threading.Thread(target=self._tick, name="tapsieve-clock", daemon=True).start()

    def _tick(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            self.engine.increment_epoch()


_programs: dict[tuple[int, bytes | None], Program] = {}
_lock = threading.Lock()


def program(wasm: bytes | None = None, name: str = "module") -> Program:
    """The compiled module; without `wasm` the one that the package carries.

    A forked process compiles its own: the thread of the clock stays behind.
    """
    with _lock:
        key = (os.getpid(), wasm)
        found = _programs.get(key)
        if found is None:
            found = _programs[key] = Program(builtin() if wasm is None else wasm, name)
        return found


def builtin() -> bytes:
    """The module that the package carries."""
    file = resources.files("tapsieve").joinpath("tapsieve.wasm")
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModuleError(
            "this package was built without its module; `cargo xtask wheel` builds it with one"
        ) from error


class Instance:
    """One instance of the module, for one thread at a time; makes itself anew after a trap."""

    def __init__(self, program: Program, call_seconds: float) -> None:
        self._program = program
        self._ticks = max(1, round(call_seconds / TICK_SECONDS)) + 1
        self._seconds = call_seconds
        self._configured: bytes | None = None
        self._store: wasmtime.Store | None = None

    # Calls of the interface.

    def load(self, data: Bytes) -> None:
        """Copies records into the module, where `process` and `scan` find them."""
        self._live()
        # A view without a copy, whatever the buffer is; ctypes wants an address.
        if isinstance(data, bytes):
            self._copy(data, len(data))
        else:
            view = memoryview(data).cast("B")
            source = view.tobytes() if view.readonly else (ctypes.c_char * len(view)).from_buffer(view)
            self._copy(source, len(view))

    def load_address(self, address: int, length: int) -> None:
        """The same for `length` bytes at an address of this process."""
        self._live()
        self._copy(ctypes.c_void_p(address), length)

    def scan(self, start: int, end: int) -> int:
        """As `scan` of the interface, for a part of what was loaded; the answer counts from its start."""
        length = end - start
        offset = self._call("scan", self._input + start, length) & 0xFFFFFFFF
        if offset > length:
            raise self._bad("scan", f"offset {offset} in a block of {length} bytes")
        return start + offset

    def process(self, start: int, end: int) -> bytes | bool:
        """As `process` of the interface: the enriched record, True for unchanged, False for dropped."""
        address, length = self._input + start, end - start
        packed = self._call("process", address, length) & 0xFFFFFFFFFFFFFFFF
        if packed & 0xFFFFFFFF == 0:
            # Nothing to drop in an empty record: it is unchanged.
            return length == 0
        if packed >> 32 == address:
            if packed & 0xFFFFFFFF == length:
                return True
            raise self._bad("process", f"{packed & 0xFFFFFFFF} bytes at the address of a record of {length} bytes")
        return self._read("process", packed)

    def verdict(self) -> bytes:
        """The verdict on the last record, empty when it was not about mirroring."""
        return self._read("verdict", self._call("verdict"))

    def policy(self) -> bytes:
        """The policy in force, empty when none was given."""
        self._live()
        return self._read("policy", self._call("policy"))

    def configure(self, json: bytes) -> str | None:
        """Puts a policy in force; returns the module's message when it refuses."""
        self.load(json)
        packed = self._call("configure", self._input, len(json))
        if packed == 0:
            self._configured = json
            return None
        return self._read("configure", packed)[:MESSAGE_BYTES_MAX].decode("utf-8", "replace")

    # What they stand on.

    def _live(self) -> None:
        if self._store is not None:
            return
        store = wasmtime.Store(self._program.engine)
        store.set_limits(memory_size=MEMORY_BYTES_MAX)
        store.set_epoch_deadline(self._ticks)
        try:
            exports = wasmtime.Instance(store, self._program.module, []).exports(store)
            version = exports["abi_version"](store)  # type: ignore[operator]
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            raise Trap(f"module cannot be started: {one_line(error)}") from error
        if version != ABI_VERSION:
            raise ModuleError(
                f"{self._program.name}: speaks version {version} of the interface, this package speaks {ABI_VERSION}"
            )
        self._memory: Any = exports["memory"]
        self._functions: dict[str, Any] = {name: exports[name] for name in FUNCTIONS}
        self._input = self._input_bytes = 0
        self._store = store
        if self._configured is not None:
            message = self.configure(self._configured)
            if message is not None:
                self._store = None
                raise Trap(f"module cannot be started: a fresh instance refuses the policy: {message}")

    def _call(self, name: str, *arguments: int) -> int:
        self._live()
        assert self._store is not None
        self._store.set_epoch_deadline(self._ticks)
        try:
            result = self._functions[name](self._store, *arguments)
        except wasmtime.Trap as error:
            self._store = None
            if error.trap_code == wasmtime.TrapCode.INTERRUPT:
                raise Timeout(f"`{name}` did not return, the limit is {self._seconds:g} s") from None
            raise Trap(f"`{name}` trapped: {one_line(error)}") from None
        except wasmtime.WasmtimeError as error:
            self._store = None
            raise Trap(f"`{name}` trapped: {one_line(error)}") from None
        return result or 0

    def _bad(self, call: str, why: str) -> Trap:
        self._store = None
        return Trap(f"`{call}` returned {why}")

    def _copy(self, source: Any, length: int) -> None:
        if self._input == 0 or length > self._input_bytes:
            self._grow(length)
        size = self._memory.data_len(self._store)
        if self._input + length > size:
            raise self._bad("malloc", "an address outside memory")
        ctypes.memmove(self._base() + self._input, source, length)

    def _grow(self, length: int) -> None:
        wanted = 1 << (max(length, INPUT_BYTES_MIN) - 1).bit_length()
        old, self._input, self._input_bytes = self._input, 0, 0
        if old:
            self._call("free", old)
        address = self._call("malloc", wanted) & 0xFFFFFFFF if wanted < 1 << 32 else 0
        if address == 0:
            self._store = None
            raise Trap(f"`malloc` has no memory for {wanted} bytes")
        self._input, self._input_bytes = address, wanted

    def _base(self) -> int:
        """Where the module's memory begins: read again after each call, because a call may move it."""
        return ctypes.addressof(self._memory.data_ptr(self._store).contents)

    def _read(self, call: str, packed: int) -> bytes:
        packed &= 0xFFFFFFFFFFFFFFFF
        start, length = packed >> 32, packed & 0xFFFFFFFF
        size = self._memory.data_len(self._store)
        if start + length > size:
            raise self._bad(call, f"a slice that ends at {start + length}, memory ends at {size}")
        return ctypes.string_at(self._base() + start, length)


class Timeout(Trap):
    """A call that did not return in time."""


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())
