"""Signatures are valid for one incarnation of one resource, by any of the keys."""

from __future__ import annotations

import dataclasses

import testtools

from heatconv.resources.plugin import Resource
from heatconv.signals.signatures import InvalidKey, Signatures, Subject
from heatconv.signals.urls import SignedUrls

OLD, NEW = 'o' * 32, 'n' * 32
SUBJECT = Subject('project', 'stack', 'handle', 'token')


class SignaturesTest(testtools.TestCase):
    def test_only_its_subject(self) -> None:
        signatures = Signatures([OLD])
        signature = signatures.sign(SUBJECT)
        self.assertTrue(signatures.verify(SUBJECT, signature))
        for field in dataclasses.fields(Subject):
            other = dataclasses.replace(SUBJECT, **{field.name: 'other'})
            self.assertFalse(signatures.verify(other, signature), field.name)
        # The border between two parts counts.
        self.assertFalse(
            signatures.verify(Subject('projects', 'tack', 'handle', 'token'), signature)
        )

    def test_damaged(self) -> None:
        signatures = Signatures([OLD])
        signature = signatures.sign(SUBJECT)
        for damaged in (
            '',
            signature[:-1],
            signature + '0',
            signature[:8],
            'ü' * 72,
            'x' + signature,
        ):
            self.assertFalse(signatures.verify(SUBJECT, damaged))

    def test_rotation(self) -> None:
        before = Signatures([OLD]).sign(SUBJECT)
        both = Signatures([NEW, OLD])
        self.assertTrue(both.verify(SUBJECT, before))
        after = both.sign(SUBJECT)
        self.assertTrue(Signatures([NEW]).verify(SUBJECT, after))
        self.assertFalse(Signatures([NEW]).verify(SUBJECT, before))
        self.assertFalse(Signatures([OLD]).verify(SUBJECT, after))

    def test_key_is_not_revealed(self) -> None:
        self.assertNotIn(OLD[:8], Signatures([OLD]).sign(SUBJECT))

    def test_short_key(self) -> None:
        self.assertRaises(InvalidKey, Signatures, [OLD, 'short'])
        self.assertFalse(Signatures([]))

    def test_urls(self) -> None:
        signatures = Signatures([OLD])
        urls = SignedUrls('http://host:8006/', signatures)
        resource = Resource('token', 'a b/c?', 'type', 'stack', 'name', 'project')
        self.assertEqual(
            'http://host:8006/v1/signal/project/stack/a%20b%2Fc%3F/token', urls.endpoint(resource)
        )
        self.assertEqual(
            f'{urls.endpoint(resource)}?signature={urls.token(resource)}', urls.signed(resource)
        )
        subject = Subject('project', 'stack', 'a b/c?', 'token')
        self.assertTrue(signatures.verify(subject, urls.token(resource)))
