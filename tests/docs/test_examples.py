"""The examples of the API's description are what the server answers: the same operations, the same fields, the same types."""

import json
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
from house import House  # noqa: E402
from record import EXAMPLES, record  # noqa: E402


def shape(value):
    """What a value is, without what it says. Of a list, whatever its entries have in common is what counts."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        together = None
        for one in map(shape, value):
            together = joined(together, one)
        return [together]
    return None if value is None else type(value).__name__


def joined(one, other):
    """What two entries of a list are together: the fields of both; null says nothing of what else it may be."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: joined(one.get(name), other.get(name)) for name in one | other}
    if isinstance(one, list) and isinstance(other, list):
        return [joined(one[0], other[0])]
    return other if one is None else one


def differences(kept, now, place="") -> list[str]:
    if isinstance(kept, dict) and isinstance(now, dict):
        missing = [f"{place}.{name} is gone" for name in kept.keys() - now.keys()]
        more = [f"{place}.{name} is new" for name in now.keys() - kept.keys()]
        both = [said for name in kept.keys() & now.keys() for said in differences(kept[name], now[name], f"{place}.{name}")]
        return missing + more + both
    if isinstance(kept, list) and isinstance(now, list):
        return differences(kept[0], now[0], f"{place}[]")
    return [] if kept is None or now is None or kept == now else [f"{place}: {kept} became {now}"]


def test_examples_are_what_the_server_answers():
    kept = json.loads(EXAMPLES.read_text())
    with tempfile.TemporaryDirectory(prefix="gangway-examples-") as folder, House(folder) as house:
        now = record(house)
    said = differences(shape(kept), shape(now))
    assert said == [], "run tests/docs/record.py and look at what changed:\n" + "\n".join(said)
