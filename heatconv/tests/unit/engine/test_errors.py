"""Which error of the API an error of the language becomes."""

from __future__ import annotations

import testtools

from heatconv import exception
from heatconv.engine.errors import of_template
from heatconv.hot import errors as hot


class ErrorsTest(testtools.TestCase):
    def test_classes_and_what_heat_s_take(self) -> None:
        for kind, desired, kwargs in (
            (
                hot.InvalidVersion,
                exception.InvalidTemplateVersion,
                {'explanation': 'parameters.size: wrong (do this)'},
            ),
            (hot.CircularDependency, exception.CircularDependencyException, {'cycle': 'wrong'}),
            (hot.MissingParameter, exception.UserParameterMissing, {'key': 'size'}),
            (hot.UnknownParameter, exception.UnknownUserParameter, {'key': 'size'}),
            (
                hot.TooLarge,
                exception.RequestLimitExceeded,
                {'message': 'parameters.size: wrong (do this)'},
            ),
            (
                hot.InvalidProperty,
                exception.StackValidationFailed,
                {'message': 'parameters.size: wrong (do this)'},
            ),
        ):
            error = of_template(kind('wrong', 'parameters.size', 'do this'))
            self.assertEqual((desired, kwargs), (type(error), error.kwargs))

    def test_text_says_what_where_and_what_would_be_right(self) -> None:
        error = of_template(hot.MissingParameter('wrong', 'parameters.size', 'do this'))
        self.assertEqual('parameters.size: wrong (do this)', str(error))
