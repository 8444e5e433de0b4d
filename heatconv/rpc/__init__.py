"""How engines, workers and clients talk: topics, versions, messages."""
