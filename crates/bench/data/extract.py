"""Reads files with one package, in so many processes, and prints how long each kind took: what a benchmark compares with.

python extract.py wish.json    where the wish names the package, the number of workers and the files by kind
"""

import json
import multiprocessing
import sys
import time

read = None


def begin(package):
    global read
    if package == "markitdown":
        from markitdown import MarkItDown

        converter = MarkItDown(enable_plugins=False)
        read = lambda path: converter.convert(path).text_content
    else:
        import asyncio

        import xberg

        loop = asyncio.new_event_loop()
        config = xberg.ExtractionConfig(
            use_cache=False,
            disable_ocr=True,
            include_document_structure=True,
            pages=xberg.PageConfig(extract_pages=True),
            concurrency=xberg.ConcurrencyConfig(max_threads=1),
        )

        def read(path):
            found = loop.run_until_complete(xberg.extract(xberg.ExtractInput(uri=path), config))
            return found.results[0].content if found.results else ""


def count(path):
    try:
        return len(read(path) or "")
    except Exception:
        return 0


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        wish = json.load(file)
    told = {}
    with multiprocessing.Pool(wish["workers"], begin, (wish["package"],)) as pool:
        # Imports and first calls are not what is measured.
        warm = [paths[0] for paths in wish["files"].values()]
        pool.map(count, warm * wish["workers"], chunksize=1)
        for kind, paths in wish["files"].items():
            begun = time.perf_counter()
            chars = pool.map(count, paths, chunksize=1)
            seconds = time.perf_counter() - begun
            told[kind] = {"seconds": seconds, "chars": sum(chars), "failed": chars.count(0)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
