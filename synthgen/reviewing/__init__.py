"""What waits for a reviewer, and how far a review is."""
