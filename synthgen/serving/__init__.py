"""A recipe's users behind the API that eval harnesses ask for a model."""
