"""Levels of mess, 0 to 3: the same words, typed ever worse. Only how they are typed changes: nothing is added and nothing left out."""

from __future__ import annotations

from synthgen.voices.voice import Voice

LEVELS = tuple(
    Voice.model_validate(figures)
    for figures in (
        {
            "lower_only": 0.0, "sentence_case": 1.0, "shouting": 0.0, "end_mark": 1.0, "repeated_marks": 0.0, "apostrophes": 0.03,
            "apostrophes_dropped": 0.0, "misspelled": 0.0, "chat_words": 0.0, "elongated": 0.0,
        },
        {
            "lower_only": 0.35, "sentence_case": 0.6, "shouting": 0.0, "end_mark": 0.45, "repeated_marks": 0.0, "apostrophes": 0.02,
            "apostrophes_dropped": 0.01, "misspelled": 0.03, "chat_words": 0.005, "elongated": 0.0,
        },
        {
            "lower_only": 0.75, "sentence_case": 0.22, "shouting": 0.0, "end_mark": 0.15, "repeated_marks": 0.02, "commas": 0.005,
            "apostrophes": 0.005, "apostrophes_dropped": 0.025, "misspelled": 0.08, "chat_words": 0.02, "elongated": 0.0,
        },
        {
            "lower_only": 0.93, "sentence_case": 0.04, "shouting": 0.01, "end_mark": 0.04, "repeated_marks": 0.03, "commas": 0.0,
            "apostrophes": 0.0, "apostrophes_dropped": 0.03, "misspelled": 0.16, "chat_words": 0.05, "elongated": 0.004,
        },
    )
)  # fmt: skip
"""Each as a voice: without a slip, in a hurry, careless, hardly legible."""
