"""Python SDK of Gangway. The client is in `pplx_sdk.connectors`."""

__version__ = "0.1.0"
