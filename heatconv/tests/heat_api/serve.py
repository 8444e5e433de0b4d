"""Serve heat-api, heat-api-cfn or Keystone: serve.py heat-api|heat-api-cfn|keystone PORT CONF...

A script of its own: heatconv is not imported where they run.

heat-api without Keystone takes everyone for user admin of project admin. With
PROJECT_FROM_URL=1 in the environment, requests are of the project and of the user that
their path names (/v1/PROJECT/...), which is what the openstack client can say.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import waitress

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def of_project(application: Application) -> Application:
    """Tell the noauth middleware which project a path names."""

    def told(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        parts = environ['PATH_INFO'].split('/')
        if len(parts) > 2 and parts[1] == 'v1' and parts[2]:
            environ.setdefault('HTTP_X_AUTH_PROJECT', parts[2])
            environ.setdefault('HTTP_X_AUTH_USER', parts[2])
        return application(environ, start_response)

    return told


def read_by(program: str, files: list[str]) -> None:
    """Make the command line of a program that reads it itself."""
    sys.argv = [program, *(word for file in files for word in ('--config-file', file))]


def heat_api(files: list[str]) -> Application:
    """Make heat-api."""
    read_by('heat-api', files)
    from heat.api.openstack import wsgi

    application: Application = wsgi.init_application()
    return of_project(application) if os.environ.get('PROJECT_FROM_URL') else application


def heat_api_cfn(files: list[str]) -> Application:
    """Make heat-api-cfn."""
    read_by('heat-api-cfn', files)
    from heat.api.cfn import wsgi

    application: Application = wsgi.init_application()
    return application


def keystone(files: list[str]) -> Application:
    """Make Keystone."""
    sys.argv = ['keystone']
    os.environ['OS_KEYSTONE_CONFIG_FILES'] = ';'.join(os.path.abspath(file) for file in files)
    from keystone.server import wsgi

    application: Application = wsgi.initialize_public_application()
    return application


def main() -> None:
    """Serve until a signal comes."""
    kind, port, *files = sys.argv[1:]
    makes = {'heat-api': heat_api, 'heat-api-cfn': heat_api_cfn, 'keystone': keystone}
    application = makes[kind](files)
    waitress.serve(application, host='127.0.0.1', port=int(port), threads=8, ident=None)


if __name__ == '__main__':
    main()
