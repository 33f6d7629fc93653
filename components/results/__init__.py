"""What a run found: typed facts, the headlines and the page made of them."""
