"""``python -m heatconv.tests.fuzz.guided``: requests that reach code not reached before.

It needs atheris, which draws bytes and watches what they reach; its options are those of
libFuzzer, such as ``-runs=100000``.
"""

from __future__ import annotations

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=['heatconv']):
    from heatconv.tests.fuzz.drawing import Drawing
    from heatconv.tests.fuzz.trial import Trial


class Drawn(Random):
    """Takes what it draws from bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self._data = atheris.FuzzedDataProvider(data)

    def random(self) -> float:
        if not self._data.remaining_bytes():
            return 0.999  # nothing more happens
        return int(self._data.ConsumeIntInRange(0, 2**16 - 1)) / 2**16

    def getrandbits(self, k: int, /) -> int:
        return int(self._data.ConsumeIntInRange(0, 2**k - 1))


def main() -> None:
    """Fuzz until told to stop, or something does harm."""
    trial = Trial()

    def one(data: bytes) -> None:
        if data:
            trial.take(Drawing(Drawn(data)).content())

    atheris.Setup(['fuzz', '-timeout=2', '-rss_limit_mb=600', '-max_len=4096', *sys.argv[1:]], one)
    atheris.Fuzz()


if __name__ == '__main__':
    main()
