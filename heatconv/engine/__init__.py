"""The engine: accepts requests and prepares traversals."""
