"""Software on servers: configurations, their deployments, and the servers that apply them.

Configurations and deployments are rows that the engine API serves too. An agent on a server reads
the configurations that are deployed there, applies them, and signals the result.
"""
