"""Tuning: a small base model made to write as the users of one application do, from the messages that they typed."""
