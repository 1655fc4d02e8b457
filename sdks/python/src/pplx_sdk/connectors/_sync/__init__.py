# Made by sdks/codegen/python.py from ../_async/__init__.py; not for editing.
"""The client for programs that wait for many things at once. `_sync` is made from it."""

from .client import SyncConnectorClient
from .collections import SyncCollections

__all__ = ["SyncCollections", "SyncConnectorClient"]
