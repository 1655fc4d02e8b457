"""Command blocks that no test runs, and why. A block that is neither run nor here fails the tests, and so does a line here
whose block is gone.

Each is named by its page and its first command.
"""

NOT_RUN = {
    ("README.md", "make test"): "runs these tests",
    ("CONTRIBUTING.md", "make setup"): "installs packages of the system; each other line of the block is a stage of make test",
    ("CONTRIBUTING.md", "make fuzz"): "builds everything once more, and fuzzes for an hour",
    ("docs/console.md", "target/debug/gangway demo --no-walk"): "installs packages, and ends in a server that watches files",
    ("docs/sdk-typescript.md", "cd sdks/typescript && npm ci && npm pack"): "fetches packages; the SDK's own tests build it",
    ("examples/notes-product/README.md", "make demo"): "ends in two servers; tests/browser/test_example.py runs the product as it is",
    ("sdks/typescript/README.md", "npm ci"): "fetches packages; its other lines are the SDK's own tests",
    ("tests/clients/README.md", "python3 -m venv .venv && .venv/bin/pip install -r tests/clients/requirements.txt"): "fetches packages; its last line is a stage of make test",
}

# Pages whose samples of code other tests take from the page and run, or which show a page of somebody's product.
ELSEWHERE = {
    "docs/sdk-python.md": "sdks/python/tests/live/test_docs.py runs every sample",
    "sdks/python/README.md": "the first sample of docs/sdk-python.md",
    "docs/sdk-typescript.md": "sdks/typescript/test/samples.test.ts runs every sample",
    "sdks/typescript/README.md": "the first sample of docs/sdk-typescript.md",
    "docs/embed.md": "a page of a product, with names of its own; tests/browser/product.html and tus.test.ts are such pages",
}
