"""What all the rest is made of: rows and prompts, random streams, templates, and the parts of a recipe."""
