"""What the pjsua2 worker is made of; imported in the worker process only, never by the harness itself."""
