"""News feeds: fetched by the base, read at the handset."""
