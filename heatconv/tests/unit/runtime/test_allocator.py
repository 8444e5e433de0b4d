from __future__ import annotations

import subprocess
import sys

import testtools

#: Frees large blocks that a small one lies behind; tells how many bytes stay with it.
PROGRAM = r"""
import re, sys
from heatconv.runtime import allocator

def size():
    with open('/proc/self/status') as status:
        return 1024 * int(re.search(r'VmRSS:\s+(\d+)', status.read())[1])

if sys.argv[1] == 'set':
    assert allocator.configure_malloc()
bytes(30_000_000)
before = size()
blocks = [bytearray(b'x') * 2_000_000 for _ in range(50)]
behind = [bytes(100_000) for _ in range(5)]
del blocks
print(size() - before)
"""


class MemoryTest(testtools.TestCase):
    def left(self, how: str) -> int:
        answer = subprocess.run(
            [sys.executable, '-c', PROGRAM, how], capture_output=True, text=True, check=True
        )
        return int(answer.stdout)

    def test_large_blocks_are_given_back(self) -> None:
        self.assertLess(self.left('set'), 20_000_000)
        self.assertGreater(self.left('not'), 50_000_000)
