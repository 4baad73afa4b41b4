"""The api under load, alone and beside each attack."""
