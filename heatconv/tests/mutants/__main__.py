"""Hunt all mutants: ``python -m heatconv.tests.mutants [NAME ...]``.

Exits with 1 if one survives: then a scenario or a checker is missing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from heatconv.tests.mutants.catalogue import MUTANTS


def hunt(name: str) -> dict[str, Any]:
    """Hunt one in a process of its own."""
    done = subprocess.run(
        [sys.executable, '-m', 'heatconv.tests.mutants.hunt', name],
        capture_output=True,
        text=True,
        timeout=1_800,
    )
    if done.returncode:
        return {'error': (done.stderr or done.stdout).strip().splitlines()[-1]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> int:
    names = sys.argv[1:] or [one.name for one in MUTANTS]
    failed = 0
    by: Counter[str] = Counter()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name, found in zip(names, pool.map(hunt, names), strict=True):
            if 'error' in found:
                failed += 1
                print(f'BROKEN    {name}: {found["error"]}', flush=True)
            elif not found:
                failed += 1
                print(f'SURVIVED  {name}', flush=True)
            else:
                by[found['by']] += 1
                schedules = f', schedule {found["schedules"]}' if 'schedules' in found else ''
                print(f'caught    {name}: {found["by"]} ({found["how"]}{schedules})', flush=True)
    print(f'{len(names) - failed} of {len(names)} caught: {dict(by.most_common())}')
    return 1 if failed else 0


if __name__ == '__main__':
    raise SystemExit(main())
