"""Who calls, what that takes, and whether it is allowed. `enforcement` switches it on."""
