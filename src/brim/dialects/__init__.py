"""Wire formats: a provider's JSON on one side, the model's views on the other."""
