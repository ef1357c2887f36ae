"""synthgen makes the traffic that LLM applications really get."""

__version__ = "0.1.0"
