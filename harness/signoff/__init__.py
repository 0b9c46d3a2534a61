"""The release sheet: which feature was judged under which profile, what was found, and what nobody looked at."""
