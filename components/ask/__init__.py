"""Asks a trained model about pictures of one's own: `python -m components.ask OUTPUT FILE...`."""
