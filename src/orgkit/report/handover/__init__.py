"""A page for each party: what is left to do, how to begin, who may do what, and what to do when it is denied."""
