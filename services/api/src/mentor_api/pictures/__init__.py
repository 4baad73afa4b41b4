"""Pictures of mentors and organisations."""
