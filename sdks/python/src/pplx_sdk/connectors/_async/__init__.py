"""The client for programs that wait for many things at once. `_sync` is made from it."""

from .client import ConnectorClient
from .collections import Collections

__all__ = ["Collections", "ConnectorClient"]
