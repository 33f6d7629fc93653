"""Pictures of what trained models do, made of their answers. Imports nothing of the networks."""
