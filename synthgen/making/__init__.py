"""From a plan to an output: runs, and what is told before they begin."""
