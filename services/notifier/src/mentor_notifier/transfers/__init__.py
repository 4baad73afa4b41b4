"""Transfers: an exported mentor imported once, its answers given their copied media."""
