"""Messages as text: files of them, frames, slots, nearness, topics, and what must not be repeated."""
