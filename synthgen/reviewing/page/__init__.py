"""The local web page of a review: what is let in, what a row looks like, and what a key does."""
