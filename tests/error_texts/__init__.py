"""Wrong requests to every route of the API, and the table of the errors that answer them."""
