"""Signals that servers send to resources by HTTP, without a user of their own.

A resource gives out a URL that is signed for it alone; the WSGI application here verifies the
signature and delivers the signal like a request of a user.
"""
