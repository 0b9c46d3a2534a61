"""What a platform asks of the phone: a test reads like a row of the matrix, and runs under each profile."""
