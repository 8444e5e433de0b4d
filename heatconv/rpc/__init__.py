"""RPC between clients, engines and workers: topics, versions and transport."""
