"""IAM's policy simulator, which moto lacks."""
