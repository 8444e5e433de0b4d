#!/usr/bin/env bash
# oslo.context 6.5.0 with oslo.log 8.3.2.
#
# A thread without a context creates a RequestContext with overwrite=False, to pass it to somebody.
# Later the thread logs something that has nothing to do with that request.
# Expected: the context is not the thread's own; the later line names no request.
# Seen: a thread without a context takes the first one that is created in it, whatever "overwrite"
# says, and keeps it: the later line has the id of the request. No public function removes it, only
# a fixture for tests does. A program that must not mix up requests keeps the id itself.
#
# Exits with 0 while this is so, and with 1 once it has changed.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q oslo.context==6.5.0 oslo.log==8.3.2

"$directory/venv/bin/python" - <<'PYTHON'
import io
import logging
import threading

from oslo_config import cfg
from oslo_context import context
from oslo_log import formatters, log

conf = cfg.ConfigOpts()
log.register_options(conf)
conf([], project='program', default_config_files=[])
conf.set_override('logging_context_format_string', '[%(request_id)s] %(message)s')
conf.set_override('logging_default_format_string', '[-] %(message)s')
stream = io.StringIO()
handler = logging.StreamHandler(stream)
handler.setFormatter(formatters.ContextFormatter(config=conf))
LOG = logging.getLogger('program')
LOG.addHandler(handler)


def work():
    LOG.warning('before the request')
    passed_on = context.RequestContext(request_id='req-one', overwrite=False)
    assert passed_on.request_id == 'req-one'
    LOG.warning('something else, later')


thread = threading.Thread(target=work)
thread.start()
thread.join()
lines = stream.getvalue().splitlines()
print(*lines, sep='\n')
public = [name for name in dir(context) if not name.startswith('_')]
print('public names with "clear", "reset" or "remove":',
      [name for name in public if any(part in name for part in ('clear', 'reset', 'remove'))])
seen = lines == ['[-] before the request', '[req-one] something else, later']
raise SystemExit(0 if seen else 1)
PYTHON
