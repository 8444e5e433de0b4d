"""Messages between engines, workers and clients: topics, versions, transport."""
