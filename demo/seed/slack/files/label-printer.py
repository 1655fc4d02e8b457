"""Resets the label printer: it causes nine of ten stops of the packing line."""

import sys

PRINTER = "packing-line-1"


def reset(printer: str) -> None:
    print(f"resetting {printer}")


if "--reset" in sys.argv:
    reset(PRINTER)
