"""Captions that a person sends or asks for."""
