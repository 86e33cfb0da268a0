"""An agent without a model: real tools, real files, and a plan that reads what came back."""
