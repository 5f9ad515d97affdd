"""IAM's policy language: documents, conditions, wildcards, and what they decide. It knows no account and no service."""
