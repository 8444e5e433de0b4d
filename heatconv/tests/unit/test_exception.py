"""Errors as heat-api and the command line get to see them."""

from __future__ import annotations

import json
import sys

import oslo_messaging
import testtools
from oslo_messaging._drivers import common

from heatconv import exception

#: Classes of Heat's that the REST API knows, with what they take, and their texts.
TEXTS = {
    exception.EntityNotFound(entity='Stack', name='x'): 'The Stack (x) could not be found.',
    exception.ResourceNotFound(resource_name='A', stack_name='x'): (
        'The Resource (A) could not be found in Stack x.'
    ),
    exception.NotFound('nothing'): 'nothing',
    exception.StackExists(stack_name='x'): 'The Stack (x) already exists.',
    exception.ActionInProgress(stack_name='x', action='UPDATE'): (
        'Stack x already has an action (UPDATE) in progress.'
    ),
    exception.Forbidden(): 'You are not authorized to complete this action.',
    exception.NotSupported(feature='That'): 'That is not supported.',
    exception.StackValidationFailed('resources.A: wrong'): 'resources.A: wrong',
    exception.RequestLimitExceeded('too much'): 'too much',
    exception.UserParameterMissing(key='size'): 'The Parameter (size) was not provided.',
    exception.UnknownUserParameter(key='size'): (
        'The Parameter (size) was not defined in template.'
    ),
    exception.ImmutableParameterModified(keys='size, color'): (
        'The following parameters are immutable and may not be updated: size, color'
    ),
    exception.InvalidTemplateVersion(explanation='none'): (
        'The template version is invalid: none'
    ),
    exception.Invalid(reason='why'): 'Data supplied was not valid: why',
    exception.InvalidBreakPointHook(message='no such hook'): 'no such hook',
    exception.ResourceTypeUnavailable(
        service_name='nova', resource_type='OS::Nova::Server', reason='x'
    ): ('HEAT-E99001 Service nova is not available for resource type OS::Nova::Server, reason: x'),
    exception.ResourceActionNotSupported(action='That'): 'That is not supported for resource.',
    exception.PhysicalResourceNameAmbiguity(name='x'): (
        'Multiple resources were found with the physical ID x.'
    ),
    exception.CircularDependencyException(cycle='A -> A'): ('Circular Dependency Found: A -> A'),
}
RAISED = tuple(TEXTS)


def on_the_wire(error: Exception) -> str:
    """Return what a server sends when a method raises."""
    try:
        raise error
    except Exception:
        text: str = common.serialize_remote_exception(sys.exc_info())
        return text


class WireTest(testtools.TestCase):
    def test_they_claim_to_be_heat_s(self) -> None:
        self.assertEqual(
            set(exception.CLASSES) - {'HeatconvException', 'Unavailable'},
            {error.error_type for error in RAISED},
        )
        for error in RAISED:
            sent = json.loads(on_the_wire(error))
            self.assertEqual(
                ('heat.common.exception', error.error_type, str(error), list(error.args)),
                (sent['module'], sent['class'], sent['message'], sent['args']),
            )

    def test_keywords_fill_in_the_format_of_heat_s_class(self) -> None:
        for error in RAISED:
            sent = json.loads(on_the_wire(error))
            if sent['kwargs']:
                self.assertEqual(str(error), error.msg_fmt % sent['kwargs'])
        sent = json.loads(on_the_wire(exception.StackExists(stack_name='x')))
        self.assertEqual({'stack_name': 'x'}, sent['kwargs'])

    def test_clients_of_heatconv_get_back_what_was_raised(self) -> None:
        for error in RAISED:
            remote = common.deserialize_remote_exception(on_the_wire(error), [])
            self.assertIsInstance(remote, oslo_messaging.RemoteError)
            again = exception.by_name(remote.exc_type, str(remote.value))
            self.assertEqual((type(error), str(error)), (type(again), str(again)))

    def test_what_is_no_error_of_heat_s_does_not_claim_to_be(self) -> None:
        for kind in (exception.HeatconvException, exception.Unavailable):
            self.assertEqual('heatconv.exception', kind.__module__)


class ExceptionTest(testtools.TestCase):
    def test_texts(self) -> None:
        for error, text in TEXTS.items():
            self.assertEqual(text, str(error))
        most = exception.RequestLimitExceeded(message='too much')
        self.assertEqual('Request limit exceeded: too much', str(most))
        unavailable = exception.Unavailable(why='nobody there')
        self.assertEqual('The engine does not answer: nobody there', str(unavailable))

    def test_text_is_the_message_or_the_format_filled_in(self) -> None:
        self.assertEqual('more', str(exception.StackExists('more', stack_name='x')))
        self.assertEqual(
            'The Stack (x) already exists.', str(exception.StackExists(stack_name='x'))
        )
        self.assertEqual('wrong', str(exception.StackValidationFailed(message='wrong')))
        self.assertEqual('', str(exception.NotFound('')))

    def test_message_with_percent_signs_is_left_alone(self) -> None:
        self.assertEqual('100%s', str(exception.StackValidationFailed('100%s')))

    def test_error_without_what_its_format_needs_is_a_fault(self) -> None:
        self.assertRaises(KeyError, exception.StackExists)

    def test_resource_that_is_not_found_is_an_entity_too(self) -> None:
        error = exception.ResourceNotFound(resource_name='A', stack_name='x')
        self.assertIsInstance(error, exception.EntityNotFound)
        self.assertTrue(error.safe)

    def test_unknown_class_is_still_an_error_with_its_text(self) -> None:
        error = exception.by_name('Surprise', 'text')
        self.assertIs(exception.HeatconvException, type(error))
        self.assertEqual(('text', 'HeatconvException'), (str(error), error.error_type))
