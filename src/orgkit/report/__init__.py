"""What orgkit shows: text, JSON, trees, drawings and pages."""
