"""The IAM stack of the payer: its template, what was changed in it by hand, and the admins' first passwords."""
