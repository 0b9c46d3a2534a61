"""The dialect server: registrar and back-to-back user agent of our own, a process that imports nothing else here."""
