"""Makes a dataset of images of one's own: `python -m components.readers.from_images SOURCE OUT`."""
