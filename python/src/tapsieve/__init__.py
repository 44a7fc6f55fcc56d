"""Find events that create, change or remove traffic mirroring, with the module that log shippers load.

>>> from tapsieve import Sieve
>>> for event in Sieve().events("cloudtrail.json.gz"):
...     print(event.mirror["severity"], event.mirror["operation"], event.mirror.get("actor"))
"""

from importlib.metadata import PackageNotFoundError, version

from ._sift import Counts
from .errors import InputError, ModuleError, PolicyError, TapsieveError, Trap
from .sieve import Event, Sieve

try:
    __version__ = version("tapsieve")
except PackageNotFoundError:
    # The sources without their wheel.
    __version__ = "0"

__all__ = [
    "Counts",
    "Event",
    "InputError",
    "ModuleError",
    "PolicyError",
    "Sieve",
    "TapsieveError",
    "Trap",
    "__version__",
]
