"""What can go wrong, each with where it did; nothing here is raised for a record."""

from __future__ import annotations


class TapsieveError(Exception):
    """Any error of this package."""


class ModuleError(TapsieveError):
    """The module cannot be used: it is not there, is no module, or speaks another version of the interface."""


class PolicyError(TapsieveError):
    """A policy is not in force; the message names the file or the member, and why."""


class InputError(TapsieveError):
    """An input cannot be read to its end; everything before that was processed."""


class Trap(TapsieveError):
    """The module gave no answer for a record, which goes on unchanged; the next call gets a fresh instance."""
