#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Assertions on what is wrong with a template."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import testtools

from heatconv.hot.errors import TemplateError

Raised = TypeVar('Raised', bound=Exception)


class TemplateTestCase(testtools.TestCase):
    def raised(
        self, kind: type[Raised], call: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Raised:
        """Assert that a call raises and give the error."""
        try:
            call(*args, **kwargs)
        except kind as error:
            return error
        raise self.failureException(f'no {kind.__name__} was raised')

    def assert_wrong(
        self,
        kind: type[TemplateError],
        path: str,
        telling: str | tuple[str, ...],
        call: Callable[..., Any],
        *args: Any,
        **kwargs: Any,
    ) -> TemplateError:
        """Assert the exact kind, the place, and words of the message."""
        error = self.raised(TemplateError, call, *args, **kwargs)
        self.assertEqual((kind, path), (type(error), error.path), str(error))
        for words in (telling,) if isinstance(telling, str) else telling:
            self.assertIn(words, str(error))
        return error
