"""The only modules of this tool that speak to AWS beside mentor_common's own adapters."""
