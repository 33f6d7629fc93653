"""What each section of the page shows, made of a Report."""
