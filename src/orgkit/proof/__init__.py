"""The separation matrix: what each persona may do, asked of AWS's own policy simulator."""
