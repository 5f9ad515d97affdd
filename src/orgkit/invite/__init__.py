"""Accounts that join: whom to invite, what became of the invitations, and where the accounts belong."""
