"""Have cloud-init read user data: read_user_data.py DIRECTORY < USER_DATA

A script of its own, for the Python that has what cloud-init needs. It takes the steps of
``cloud-init init`` up to the end of ``consume_data``, in a directory in place of the system. It
prints as JSON what cloud-init then has: its parts, the merged cloud-config, and the scripts.
"""

from __future__ import annotations

import json
import logging
import os
import pathlib
import sys
from typing import Any


def read(directory: pathlib.Path, user_data: bytes) -> dict[str, Any]:
    """Return what cloud-init makes of user data."""
    from cloudinit import stages, util
    from cloudinit.settings import PER_INSTANCE

    config = {
        'datasource_list': ['None'],
        'datasource': {'None': {'userdata_raw': user_data}},
        'system_info': {
            'distro': 'debian',
            'paths': {
                'cloud_dir': str(directory / 'cloud'),
                'run_dir': str(directory / 'run'),
                'templates_dir': str(directory / 'templates'),
            },
        },
        'def_log_file': str(directory / 'log'),
    }

    class Init(stages.Init):
        """Has a configuration of its own whenever it would read that of the system."""

        def read_cfg(self, extra_fns: Any = None) -> None:
            self._cfg = config

    init = Init(ds_deps=[])
    init.initialize()
    init.fetch(existing='trust')
    init.instancify()
    init.update()
    init.consume_data(PER_INSTANCE)
    parts = [
        {
            'type': part.get_content_type(),
            'filename': part.get_filename(),
            'text': util.fully_decoded_payload(part),
            'headers': dict(part.items()),
        }
        for part in init.datasource.get_userdata().walk()
        if not part.is_multipart()
    ]
    scripts = pathlib.Path(init.paths.get_ipath_cur('scripts'))
    merged = pathlib.Path(init.paths.get_ipath('cloud_config')).read_text()
    return {
        'parts': parts,
        'cloud_config': util.load_yaml(merged, default={}),
        'scripts': {
            file.name: {'text': file.read_text(), 'runs': os.access(file, os.X_OK)}
            for file in scripts.iterdir()
        },
    }


def main() -> None:
    """Print what is read; what cloud-init warns of goes to standard error."""
    logging.basicConfig(level=logging.WARNING, format='%(levelname)s %(message)s')
    print(json.dumps(read(pathlib.Path(sys.argv[1]), sys.stdin.buffer.read())))


if __name__ == '__main__':
    main()
